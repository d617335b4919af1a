from collections.abc import Callable

import pytest

from mainstay.engine.progress import Conversation
from mainstay.lab.virtual.driver import Heard, VirtualDriver
from mainstay.lab.virtual.rehearsal import HashingJournal
from mainstay.lab.virtual.timeline import Timeline
from mainstay.model.commands import Answer, Begin, Cancel, Command, Fail, Finish, Listen, Open, Send, Write
from mainstay.model.events import CallerLeft, Chunk, Event, Woke
from mainstay.model.http import Reply
from mainstay.model.records import ProcessRecord, Record

OPENING = Open(1, "upstream", "http://upstream", (), b"{}", 5.0)
RECORD = ProcessRecord("record", 0.0, "gateway", "started", "1")


class HandAttempt:
    """An attempt driven by hand."""

    def __init__(self, deliver: Callable[[Event], None]) -> None:
        self.deliver = deliver
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Stage:
    """One conversation, written by hand, on a timeline."""

    def __init__(self, *lines: Command) -> None:
        self.timeline = Timeline()
        self.attempts: list[HandAttempt] = []
        self.records: list[Record] = []
        self.heard = Heard()
        self.events: list[Event] = []
        self.ended = 0
        journal = HashingJournal(self.records.append)
        self.driver = VirtualDriver(self._play(lines), self.timeline, self, journal, self.heard, self._end)

    def open(self, command: Open, deliver: Callable[[Event], None]) -> HandAttempt:
        self.attempts.append(HandAttempt(deliver))
        return self.attempts[-1]

    def chunk_at(self, *instants: float) -> None:
        for instant in instants:
            self.timeline.at(instant, lambda: self.attempts[-1].deliver(Chunk(1, self.timeline.now, b"x")))

    def run(self) -> "Stage":
        self.driver.start()
        self.timeline.run()
        return self

    @property
    def woken(self) -> list[float]:
        return [event.at for event in self.events if isinstance(event, Woke)]

    def _end(self) -> None:
        self.ended += 1

    def _play(self, lines: tuple[Command, ...]) -> Conversation:
        for line in lines:
            event = yield line
            assert (event is not None) == isinstance(line, Listen)
            if event is not None:
                self.events.append(event)
        return None


def test_what_the_caller_is_given_is_heard() -> None:
    stage = Stage(Begin(200, (("a", "b"),)), Send(b"one "), Send(b"two"), Finish()).run()
    heard = stage.heard
    assert (heard.status, heard.headers, heard.body, heard.finished) == (200, (("a", "b"),), b"one two", True)
    assert stage.ended == 1


def test_the_last_words_of_a_failure_are_heard_as_an_end() -> None:
    heard = Stage(Begin(200, ()), Send(b"one "), Fail(b"error!")).run().heard
    assert (heard.body, heard.finished) == (b"one error!", True)


def test_a_whole_answer_is_heard_whole() -> None:
    heard = Stage(Answer(Reply(429, (), b"wait"))).run().heard
    assert (heard.status, heard.body, heard.finished) == (429, b"wait", True)


def test_a_stream_without_its_end_is_not_finished() -> None:
    assert not Stage(Begin(200, ()), Send(b"one")).run().heard.finished


def test_records_are_written_and_attempts_cancelled() -> None:
    stage = Stage(OPENING, Write(RECORD), Cancel(1)).run()
    assert stage.records == [RECORD]
    assert stage.attempts[0].cancelled


def test_the_exchange_wakes_at_its_instants() -> None:
    assert Stage(Listen(3.0), Listen(3.0), Listen(90.5)).run().woken == [3.0, 3.0, 90.5]


def test_bytes_put_a_wake_off_and_an_earlier_wish_moves_it_forward() -> None:
    stage = Stage(OPENING, Listen(10.0), Listen(30.0), Listen(8.0))
    stage.chunk_at(5.0, 7.0)
    assert stage.run().woken == [8.0]
    stage = Stage(OPENING, Listen(10.0), Listen(30.0))
    stage.chunk_at(5.0)
    assert stage.run().woken == [30.0]


def test_a_caller_may_leave() -> None:
    stage = Stage(OPENING, Listen(10.0), Cancel(1))
    stage.timeline.at(4.0, stage.driver.leave)
    assert stage.run().events == [CallerLeft(4.0)]
    assert stage.attempts[0].cancelled


def test_an_event_that_comes_while_the_exchange_runs_waits() -> None:
    stage = Stage(OPENING, Write(RECORD), Listen(10.0), Listen(10.0))
    leave, stage.records = stage.driver.leave, []

    def conversation() -> Conversation:
        yield OPENING
        leave()
        stage.events.append(Woke(-1.0))
        event = yield Listen(10.0)
        assert event is not None
        stage.events.append(event)
        return None

    stage.driver._conversation = conversation()
    assert stage.run().events == [Woke(-1.0), CallerLeft(0.0)]


@pytest.mark.parametrize("late", [1.0, 5.0])
def test_after_the_end_nothing_happens_any_more(late: float) -> None:
    stage = Stage(OPENING, Listen(3.0))
    stage.chunk_at(0.5, late)
    stage.timeline.at(late, stage.driver.leave)
    stage.run()
    assert len(stage.events) == 1
    assert stage.ended == 1
