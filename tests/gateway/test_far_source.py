from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.far_source import FarSource
from tests.gateway.drafts.conftest import event, events


class Near:
    def __init__(self, *parts: bytes) -> None:
        self.parts = list(parts)
        self.failed: object | None = None
        self.closed = False

    def pull(self, bytes_max: int) -> bytes | None:
        return self.parts.pop(0) if self.parts else None

    def close(self) -> None:
        self.closed = True


@given(st.integers(0, 6), st.integers(1, 200))
def test_portions_are_given_on_behind_the_events_to_be_left_out(after: int, at_once: int) -> None:
    source, got = FarSource(after), b""
    for number in range(6):
        source.feed(event(number))
        while data := source.pull(at_once):
            got += data
        assert source.pull(at_once) is None
        assert source.events == number + 1
    source.end()
    assert (source.pull(at_once), source.failed) == (b"", None)
    assert got == events(after, 6)


def test_what_waits_is_told() -> None:
    source = FarSource(0)
    drained = [source.is_drained]
    source.feed(event(1))
    drained.append(source.is_drained)
    assert source.pull(1_000) == event(1)
    assert [*drained, source.is_drained] == [True, False, True]


def test_where_it_breaks_it_is_not_whole() -> None:
    source = FarSource(0)
    source.feed(event(1))
    source.fail("why")
    assert (source.pull(1_000), source.pull(1_000), source.failed) == (event(1), b"", "why")


def test_somebody_else_may_have_the_rest() -> None:
    source, near = FarSource(0), Near(event(2))
    source.feed(event(1))
    source.go_on_with(near)
    assert [source.pull(1_000) for _ in range(3)] == [event(1), event(2), None]
    near.failed = "lost"
    assert source.failed == "lost"
    source.close()
    assert near.closed


def test_alone_it_closes_without_ado() -> None:
    FarSource(0).close()
