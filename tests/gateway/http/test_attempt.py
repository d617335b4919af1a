from mainstay.gateway.http.attempt import UpstreamAttempt
from mainstay.model.events import Breakage, Broke, Ended
from tests.gateway.http.conftest import Events, order


class FakeLine:
    def __init__(self) -> None:
        self.done: list[str] = []

    def drop(self) -> None:
        self.done.append("drop")

    def pause(self) -> None:
        self.done.append("pause")

    def resume(self) -> None:
        self.done.append("resume")


def attempt() -> tuple[UpstreamAttempt, Events]:
    events = Events()
    return UpstreamAttempt(order("http://a/"), events, b""), events


def test_a_cancelled_attempt_drops_its_connection_and_delivers_nothing_more() -> None:
    one, events = attempt()
    line = FakeLine()
    one.line = line
    one.cancel()
    one.cancel()
    one.fail(1.0, Breakage.CUT, "late")
    one.deliver(Ended(1, 1.0))
    assert line.done == ["drop"]
    assert events.all == []


def test_a_failure_is_delivered_once() -> None:
    one, events = attempt()
    one.fail(1.0, Breakage.REFUSED, "why")
    one.fail(2.0, Breakage.CUT, "again")
    assert events.all == [Broke(1, 1.0, Breakage.REFUSED, "why")]
    assert one.over


def test_pausing_reaches_the_connection_and_is_remembered_until_there_is_one() -> None:
    one, _ = attempt()
    one.pause()
    assert one.paused
    one.resume()
    line = FakeLine()
    one.line = line
    one.pause()
    one.resume()
    assert line.done == ["pause", "resume"]
    assert not one.paused


def test_an_attempt_that_is_over_leaves_the_connection_to_the_next() -> None:
    one, events = attempt()
    line = FakeLine()
    one.line = line
    one.end(Ended(1, 3.0))
    one.pause()
    one.cancel()
    assert events.all == [Ended(1, 3.0)]
    assert line.done == []
