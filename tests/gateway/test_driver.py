"""The driver alone, with conversations written by hand and a clock that stands still until it is told to go on."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.progress import Conversation
from mainstay.gateway.alarms import Alarms
from mainstay.gateway.driver import CALLER_STALL_SECONDS, WAKE_SLACK_SECONDS, Driver, defect
from mainstay.model.commands import Answer, Begin, Cancel, Command, Fail, Finish, Listen, Open, Send, Write
from mainstay.model.events import CallerLeft, Chunk, Drained, Ended, Opened, Woke
from mainstay.model.fault import Blame
from mainstay.model.http import Reply
from mainstay.model.records import ProcessRecord
from tests.gateway.doubles import FakeAttempt, FakeCaller, FakeClock, FakeUpstreams, KeptRecords, Script

NOW = 1000.0
LATE = NOW + 10_000.0
REPLY = Reply(200, (), b"whole")
RECORD = ProcessRecord("record", NOW, "gateway", "started", "1")
BROKEN = RuntimeError("a defect of ours")


def opening(number: int = 1) -> Open:
    return Open(number, "upstream", "http://upstream", (), b"{}", 5.0)


class Stage:
    """One exchange with everything around it."""

    def __init__(self, *lines: Command | Exception) -> None:
        self.happened: list[str] = []
        self.clock = FakeClock(NOW)
        self.caller = FakeCaller(self.happened)
        self.upstreams = FakeUpstreams(self.happened)
        self.journal = KeptRecords(self.happened)
        self.script = Script(*lines)
        self.crashes: list[Exception] = []
        self.alarms = Alarms(self.clock)
        self.driver = self._driver(self.script.play())

    def _driver(self, conversation: Conversation) -> Driver:
        return Driver(
            conversation,
            self.caller,
            self.upstreams,
            self.journal,
            self.alarms,
            crashed=self.crashed,
            ended=lambda: self.happened.append("ended"),
        )

    def crashed(self, error: Exception) -> Reply:
        self.crashes.append(error)
        return Reply(500, (), b"")

    def start(self) -> "Stage":
        self.driver.start(NOW)
        return self

    @property
    def attempt(self) -> FakeAttempt:
        return self.upstreams.attempts[-1]

    def chunk(self, data: bytes = b"x") -> Chunk:
        event = Chunk(1, self.clock.now, data)
        self.attempt.deliver(event)
        return event

    def pause(self) -> None:
        call(self.caller.on_pause)

    def resume(self) -> None:
        call(self.caller.on_resume)

    def leave(self) -> None:
        call(self.caller.on_left)


def call(callback: Callable[[], None] | None) -> None:
    assert callback is not None
    callback()


def test_commands_are_performed_in_order() -> None:
    commands = (opening(), Begin(200, ()), Send(b"a"), Write(RECORD), Send(b"b"), Cancel(1), Finish())
    stage = Stage(*commands).start()
    assert stage.happened == ["open 1", "begin 200", "send a", "write record", "send b", "cancel 1", "finish", "ended"]


def test_a_whole_answer_is_given_whole() -> None:
    stage = Stage(Answer(REPLY)).start()
    assert stage.caller.only_reply is REPLY
    assert stage.happened == ["reply 200", "ended"]


def test_events_go_to_the_exchange_as_they_come() -> None:
    stage = Stage(opening(), Listen(LATE), Listen(LATE), Listen(LATE)).start()
    events = (Opened(1, NOW, 200, ()), Chunk(1, NOW, b"x"), Ended(1, NOW))
    for event in events:
        stage.attempt.deliver(event)
    assert stage.script.events == [*events]
    assert stage.happened[-1] == "ended"


def test_an_event_that_comes_while_the_exchange_runs_waits_until_it_listens() -> None:
    stage = Stage(Begin(200, ()), Send(b"a"), Send(b"b"), Listen(LATE), Listen(LATE))

    def meanwhile() -> None:
        stage.leave()
        stage.driver.deliver(Woke(NOW + 1))

    stage.caller.while_sending = meanwhile
    stage.start()
    assert stage.script.events == [CallerLeft(NOW), Woke(NOW + 1)]
    assert stage.happened == ["begin 200", "send a", "send b", "ended"]


def test_what_a_cancelled_attempt_said_before_anybody_listened_is_not_heard() -> None:
    stage = Stage(opening(), opening(2), Begin(200, ()), Send(b"a"), Cancel(1), Listen(LATE), Listen(LATE))

    def meanwhile() -> None:
        stage.driver.deliver(Chunk(1, NOW, b"of the first"))
        stage.driver.deliver(Chunk(2, NOW, b"of the second"))
        stage.leave()

    stage.caller.while_sending = meanwhile
    stage.start()
    assert stage.script.events == [Chunk(2, NOW, b"of the second"), CallerLeft(NOW)]


def test_the_exchange_is_woken_at_the_instant_that_it_names() -> None:
    stage = Stage(Listen(NOW + 7.3)).start()
    stage.clock.advance_to(NOW + 7.29)
    assert stage.script.events == []
    stage.clock.advance_to(NOW + 7.3)
    assert stage.script.events == [Woke(NOW + 7.3)]


def test_an_instant_that_has_passed_wakes_at_once_but_not_within_the_same_turn() -> None:
    stage = Stage(Listen(NOW - 1)).start()
    assert stage.script.events == []
    stage.clock.advance(0)
    assert stage.script.events == [Woke(NOW)]


def test_bytes_put_the_wake_off() -> None:
    stage = Stage(opening(), Listen(NOW + 1), Listen(NOW + 5)).start()
    stage.clock.advance(0.9)
    chunk = stage.chunk()
    stage.clock.advance(3)
    assert stage.script.events == [chunk]
    stage.clock.advance(2)
    assert stage.script.events == [chunk, Woke(NOW + 5)]


def test_an_earlier_wish_moves_the_wake_forward() -> None:
    stage = Stage(opening(), Listen(NOW + 0.2), Listen(NOW + 0.1)).start()
    chunk = stage.chunk()
    stage.clock.advance(0.1)
    assert stage.script.events == [chunk, Woke(NOW + 0.1)]


STEPS = st.lists(st.tuples(st.floats(0, 3), st.floats(-1, 400)), min_size=1, max_size=12)


@given(STEPS)
def test_no_wake_is_early_and_none_is_missed(steps: list[tuple[float, float]]) -> None:
    """Chunks come after pauses; the exchange wants to wait until this and that instant, past or far away."""
    stage = Stage(opening(), *(Listen(NOW + wish) for _, wish in [*steps, (0.0, 1.0)])).start()
    for pause, _ in steps:
        stage.clock.advance(pause)
        if stage.happened[-1] != "ended":
            stage.chunk()
    stage.clock.advance(500)
    untils = [line.until for line in stage.script.lines if isinstance(line, Listen)]
    assert len(stage.script.events) == len(untils)
    before = NOW
    for event, until in zip(stage.script.events, untils, strict=True):
        if isinstance(event, Woke):
            assert event.at == pytest.approx(max(until, before))
        else:
            assert event.at <= max(until, before) + WAKE_SLACK_SECONDS
        before = event.at


def test_a_slow_caller_stops_the_reading_until_it_reads_on() -> None:
    stage = Stage(opening(1), opening(2), Listen(LATE), Listen(LATE)).start()
    stage.pause()
    assert [attempt.paused for attempt in stage.upstreams.attempts] == [True, True]
    stage.resume()
    assert [attempt.paused for attempt in stage.upstreams.attempts] == [False, False]
    assert stage.script.events == [Chunk(2, NOW, b"")]


def test_an_attempt_that_begins_while_the_caller_is_slow_begins_paused() -> None:
    stage = Stage(opening(1), Listen(LATE), opening(2), Listen(LATE), Listen(LATE)).start()
    stage.pause()
    stage.chunk()
    assert stage.upstreams.attempts[1].paused


def test_a_caller_who_reads_on_before_any_attempt_disturbs_nobody() -> None:
    stage = Stage(Listen(LATE)).start()
    stage.pause()
    stage.resume()
    assert stage.script.events == []


def test_silence_while_the_caller_is_slow_is_not_the_upstreams() -> None:
    stage = Stage(opening(), Listen(NOW + 10), Listen(NOW + 60), Listen(LATE)).start()
    stage.clock.advance(5)
    stage.pause()
    stage.clock.advance(50)
    assert stage.script.events == []
    stage.resume()
    stage.clock.advance(20)
    assert stage.script.events == [Chunk(1, NOW + 55, b""), Woke(NOW + 60)]


@pytest.mark.parametrize("until", [NOW + 1, LATE])
def test_a_caller_who_reads_nothing_for_long_counts_as_gone(until: float) -> None:
    stage = Stage(opening(), Begin(200, ()), Listen(until), Cancel(1)).start()
    stage.pause()
    stage.clock.advance(CALLER_STALL_SECONDS - 0.1)
    assert not stage.caller.aborted
    assert len(stage.clock.due) == 2, "our patience and the alarms' glance, however long it takes"
    stage.clock.advance(0.2)
    assert stage.script.events == [CallerLeft(NOW + CALLER_STALL_SECONDS)]
    assert stage.happened == ["open 1", "begin 200", "abort", "cancel 1", "ended"]


def test_patience_begins_anew_with_every_pause() -> None:
    stage = Stage(opening(), Begin(200, ()), *[Listen(LATE)] * 4).start()
    for _ in range(3):
        stage.pause()
        stage.clock.advance(CALLER_STALL_SECONDS - 1)
        stage.resume()
    assert not stage.caller.aborted


def test_a_caller_who_leaves_is_an_event() -> None:
    stage = Stage(opening(), Listen(LATE), Cancel(1)).start()
    stage.clock.advance(3)
    stage.leave()
    assert stage.script.events == [CallerLeft(NOW + 3)]
    assert stage.attempt.cancelled


def test_a_defect_before_the_response_is_answered() -> None:
    stage = Stage(opening(), Listen(LATE), BROKEN).start()
    stage.chunk()
    assert stage.crashes == [BROKEN]
    assert stage.happened == ["open 1", "cancel 1", "reply 500", "ended"]


def test_a_defect_within_a_stream_never_looks_like_a_clean_end() -> None:
    stage = Stage(opening(), Begin(200, ()), Send(b"a"), Listen(LATE), BROKEN).start()
    stage.chunk()
    assert stage.happened == ["open 1", "begin 200", "send a", "cancel 1", "abort", "ended"]


def test_a_stream_that_fails_ends_with_its_last_words() -> None:
    stage = Stage(Begin(200, ()), Send(b"a"), Fail(b"error!")).start()
    assert stage.happened == ["begin 200", "send a", "fail error!", "ended"]


@pytest.mark.parametrize("told", [(Answer(REPLY),), (Begin(200, ()), Finish()), (Begin(200, ()), Fail(b"error!"))])
def test_a_defect_after_the_answer_takes_nothing_back(told: tuple[Command, ...]) -> None:
    stage = Stage(*told, BROKEN).start()
    assert stage.crashes == [BROKEN]
    assert not stage.caller.aborted
    assert len(stage.caller.replies) == (1 if isinstance(told[0], Answer) else 0)
    assert stage.happened[-1] == "ended"


def test_an_answer_that_cannot_be_written_becomes_a_defects_answer() -> None:
    stage = Stage(Answer(REPLY))
    stage.caller.refuses_replies = True
    stage.start()
    assert stage.caller.only_reply.status == 500
    assert stage.happened == ["reply 500", "ended"]


@pytest.mark.parametrize("last", [(), (BROKEN,)])
def test_after_the_end_nothing_happens_any_more(last: tuple[Exception, ...]) -> None:
    stage = Stage(opening(), Listen(NOW + 0.1), *last).start()
    stage.chunk()
    after = list(stage.happened)
    stage.chunk()
    stage.driver.deliver(Ended(1, NOW))
    stage.clock.advance(1000)
    assert (stage.caller.on_left, stage.caller.on_pause, stage.caller.on_resume) == (None, None, None)
    assert stage.happened == after
    assert stage.happened.count("ended") == 1
    assert len(stage.script.events) == 1
    assert stage.clock.due == []


def test_events_behind_the_last_one_are_dropped() -> None:
    stage = Stage(Begin(200, ()), Send(b"a"), Listen(LATE))

    def meanwhile() -> None:
        for _ in range(3):
            stage.driver.deliver(Woke(NOW))

    stage.caller.while_sending = meanwhile
    stage.start()
    assert stage.script.events == [Woke(NOW)]
    assert stage.happened.count("ended") == 1


def test_a_defects_text_stays_inside() -> None:
    fault = defect(ValueError("sk-secret"))
    assert (fault.status, fault.blame) == (500, Blame.US)
    assert "ValueError" in fault.message
    assert "secret" not in fault.message


def test_the_end_of_the_gateway_is_told_to_the_exchange_at_once() -> None:
    stage = Stage(Listen(LATE), Finish()).start()
    stage.clock.now = NOW + 5.0
    stage.alarms.drain()
    assert stage.script.events == [Drained(NOW + 5.0)]
    assert stage.happened[-1] == "ended"


def test_the_end_of_the_gateway_does_not_wait_for_a_slow_caller() -> None:
    stage = Stage(Begin(200, ()), Listen(LATE), Fail(b"stopped")).start()
    assert stage.caller.on_pause is not None
    stage.caller.on_pause()
    stage.alarms.drain()
    assert stage.caller.failed
