"""Hedging: where the first attempt is slower than nearly always, a second one at another upstream races it.

As in "The Tail at Scale" (Dean and Barroso, 2013): the second attempt begins after the p95 of the first candidate's own
times for prompts of that size, so that few requests are sent twice, and a budget bounds them even when all are slow.

Both attempts are the conversations that they would be alone, and run inside this one, which gives each its own events.
An attempt wins when it has something to say to the caller: the first content of its stream, or a whole good answer.
Until then none of them says anything but keep-alives, so nothing of the loser can leak (law 2).
"""

from collections.abc import Callable, Generator
from math import inf

from mainstay.engine.hedge_choice import second_choice
from mainstay.engine.plan import Try
from mainstay.engine.progress import Conversation, Progress
from mainstay.model.call import CallKind
from mainstay.model.commands import Answer, Begin, Command, Listen, Open, Send
from mainstay.model.events import Broke, Chunk, Ended, Event, Opened, Outrun, Woke
from mainstay.model.fault import Advice, Fault
from mainstay.model.http import Outgoing

ANSWER = CallKind.ANSWER
"""A name of its own, because looking it up in the enumeration takes ten times as long."""
OF_AN_ATTEMPT = (Opened, Chunk, Ended, Broke)

Attempting = Callable[[Progress, Try, Outgoing], Conversation]
"""One attempt and, once it has told the caller something, its recovery."""


def hedged(progress: Progress, step: Try, sent: Outgoing, attempting: Attempting) -> Conversation:
    """Attempt `step`, and hedge it where it is slow, the rules allow it and somebody else is ready."""
    call, retries = progress.call, step.candidate.retries
    if progress.history.attempts or call.kind is not ANSWER:
        return (yield from attempting(progress, step, sent))
    board, tokens = progress.board, call.estimated_input_tokens
    board.hedges.of(step.key.upstream).deposit(retries.hedge_percent, tokens)
    patience = board.watch.patience(step.key, tokens, is_stream=call.stream)
    if patience is None:
        return (yield from attempting(progress, step, sent))
    return (yield from _Race(progress, step, attempting, progress.now + patience).run(sent))


class _Runner:
    """One of the two attempts."""

    __slots__ = ("conversation", "number", "until")

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.number = 0
        self.until = inf


class _Race:
    """Mutable, owned by one exchange."""

    def __init__(self, progress: Progress, first: Try, attempting: Attempting, hedge_at: float) -> None:
        self._progress = progress
        self._first = first
        self._attempting = attempting
        self._hedge_at = hedge_at
        self._runners: list[_Runner] = []
        self._fault: Fault | None = None

    def run(self, sent: Outgoing) -> Conversation:
        """The first attempt alone, then both, then the winner alone."""
        yield from self._enter(self._first, sent)
        while self._runners:
            event = yield Listen(min(self._hedge_at, *[one.until for one in self._runners]))
            assert event is not None, "a driver answers Listen with an event"  # noqa: S101 - the driver's contract
            for one in self._meant(event):
                if (yield from self._advance(one, event)):
                    # From here on it is alone, as if nobody had ever raced it.
                    return (yield from one.conversation)
            if event.at >= self._hedge_at and self._runners:
                self._progress.now = event.at
                yield from self._hedge()
        return self._fault

    def _enter(self, step: Try, sent: Outgoing) -> Generator[Command, Event | None, None]:
        one = _Runner(self._attempting(self._progress, step, sent))
        self._runners.append(one)
        yield from self._advance(one, None)

    def _meant(self, event: Event) -> list[_Runner]:
        """Whom the event is for. One that neither of them waits for is for nobody."""
        if isinstance(event, OF_AN_ATTEMPT):
            if type(event) is Opened and not self._progress.call.stream:
                # The answer is on its way.
                self._hedge_at = inf
            return [one for one in self._runners if one.number == event.attempt]
        if type(event) is Woke:
            return [one for one in self._runners if one.until <= event.at]
        return list(self._runners)

    def _advance(self, one: _Runner, event: Event | None) -> Generator[Command, Event | None, bool]:
        """Let an attempt run until it listens. True where it has won: its last command is performed."""
        try:
            command = one.conversation.send(event)
            while type(command) is not Listen:
                if type(command) is Open:
                    one.number = command.attempt
                has_won = self._is_for_the_caller(command)
                if has_won:
                    yield from self._outrun_others(one)
                yield command
                if has_won:
                    return True
                command = one.conversation.send(None)
            one.until = command.until
        except StopIteration as stop:
            self._runners.remove(one)
            self._note(stop.value)
        return False

    def _is_for_the_caller(self, command: Command) -> bool:
        """Whether this is more than a keep-alive."""
        kind = type(command)
        return kind is Answer or (self._progress.committed and (kind is Begin or kind is Send))

    def _outrun_others(self, winner: _Runner) -> Generator[Command, Event | None, None]:
        self._hedge_at = inf
        for one in self._runners:
            if one is not winner:
                yield from _rest_of(one.conversation, Outrun(self._progress.now))
        self._runners = [winner]

    def _hedge(self) -> Generator[Command, Event | None, None]:
        """Begin the second attempt, where it may be and is of use."""
        self._hedge_at = inf
        progress = self._progress
        tokens = progress.call.estimated_input_tokens
        budget = progress.board.hedges.of(self._first.key.upstream)
        if progress.is_working or not budget.allows(tokens):
            return
        step = second_choice(progress, self._first)
        sent = None if step is None else _request(progress, step)
        if step is not None and sent is not None:
            budget.withdraw(tokens)
            yield from self._enter(step, sent)

    def _note(self, fault: Fault | None) -> None:
        """Of two faults the one that ends the exchange is reported, else the first one's."""
        known = self._fault
        if known is None or (fault is not None and fault.advice is Advice.STOP and known.advice is not Advice.STOP):
            self._fault = fault


def _request(progress: Progress, step: Try) -> Outgoing | None:
    """What is sent. Who cannot be asked now is no use in a hurry."""
    key = progress.living_key(step.candidate, step.credential)
    if key is None:
        return None
    sent = progress.passages.to(step.candidate).request(key, progress.wall(progress.now))
    return None if isinstance(sent, Fault) else sent


def _rest_of(conversation: Conversation, event: Event) -> Generator[Command, Event | None, None]:
    """All that an attempt which is over still has to do."""
    try:
        command = conversation.send(event)
        while True:
            assert type(command) is not Listen, "an attempt that was outrun listens no more"  # noqa: S101 - its contract
            yield command
            command = conversation.send(None)
    except StopIteration:
        return
