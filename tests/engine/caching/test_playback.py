"""The pace of a stream that is given again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.caching.playback import AT_ONCE_EVENTS, EVENTS_PER_SECOND, FASTER, STEP_SECONDS, Playback
from mainstay.model.commands import Listen, Send
from mainstay.model.events import CallerLeft, Drained, Event, Woke
from mainstay.model.fault import Fault, FaultKind
from tests.engine.caching.answers import kept


class Heard:
    """What a caller hears, and when."""

    def __init__(
        self, parts: list[bytes], seconds: float = 0.0, leaves_at: float = 1e9, drains_at: float = 1e9
    ) -> None:
        self.sent: list[tuple[float, bytes]] = []
        self.fault: Fault | None = None
        self.playback = Playback(kept(*parts, stream=True, seconds=seconds), 0.0)
        run, now = self.playback.run(), 0.0
        event: Event | None = None
        try:
            while True:
                command = run.send(event)
                event = None
                if isinstance(command, Send):
                    self.sent.append((now, command.data))
                elif isinstance(command, Listen):
                    assert command.until >= now + STEP_SECONDS - 1e-9, "no timer for each event"
                    now = command.until
                    event = Woke(now)
                    if now >= leaves_at:
                        event = CallerLeft(now)
                    elif now >= drains_at:
                        event = Drained(now)
        except StopIteration as stop:
            self.fault = stop.value

    @property
    def data(self) -> bytes:
        return b"".join(data for _, data in self.sent)


def events(count: int) -> list[bytes]:
    return [f"{number};".encode() for number in range(count)]


@given(st.integers(0, 500), st.floats(0, 100))
def test_everything_comes_once_in_order_and_whole(count: int, seconds: float) -> None:
    parts = events(count) or [b"x"]
    heard = Heard(parts, seconds)
    assert heard.data == b"".join(parts)
    assert heard.fault is None
    assert heard.playback.bytes_sent == len(heard.data)


def test_a_short_stream_comes_at_once() -> None:
    assert [at for at, _ in Heard(events(AT_ONCE_EVENTS)).sent] == [0.0]


def test_a_long_one_keeps_to_the_pace() -> None:
    heard = Heard(events(516), seconds=100)
    given = 0
    for at, data in heard.sent:
        given += data.count(b";")
        assert given <= AT_ONCE_EVENTS + at * EVENTS_PER_SECOND + 1
    assert heard.sent[-1][0] == pytest.approx(5.0, abs=0.1)


def test_what_was_fast_stays_so() -> None:
    heard = Heard(events(1016), seconds=1)
    assert heard.sent[-1][0] == pytest.approx(1000 / (FASTER * 1016), abs=0.06)


def test_a_caller_who_leaves_hears_no_more() -> None:
    heard = Heard(events(500), seconds=100, leaves_at=1.0)
    assert heard.fault is not None
    assert heard.fault.kind is FaultKind.CALLER_LEFT
    assert len(heard.data) < len(b"".join(events(500)))


def test_a_gateway_that_must_stop_gives_the_rest_at_once() -> None:
    heard = Heard(events(500), seconds=100, drains_at=1.0)
    assert heard.fault is None
    assert heard.data == b"".join(events(500))
    assert heard.sent[-1][0] < 1.2
