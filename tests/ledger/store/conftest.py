"""Shared by the tests of the store: chains as journals hold them, and a store of either kind."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from mainstay.ledger.chain import Anchor, Chain, genesis
from mainstay.ledger.schema import Segment
from mainstay.ledger.segments import segments_of
from mainstay.ledger.store.opening import open_store
from mainstay.ledger.store.port import Store
from mainstay.model.records import Record

CHAIN = Chain(id="ch_0a", gateway="00112233aabbccdd", worker=0, begun_at=1_000.5)
OTHER = Chain(id="ch_0b", gateway="00112233aabbccdd", worker=1, begun_at=1_000.25, follows="ch_0a", follows_sequence=6)

Open = Callable[[], Store]


def chained_segments(chain: Chain, *batches: Sequence[Record], after: Sequence[Segment] = ()) -> list[Segment]:
    """These batches as the segments of a journal, behind other segments."""
    link = Anchor(after[-1].last_sequence, after[-1].digest) if after else Anchor(0, genesis(chain.id))
    segments: list[Segment] = []
    for batch in batches:
        segments += segments_of(batch, link, lambda: None)
        link = Anchor(segments[-1].last_sequence, segments[-1].digest)
    return segments


@pytest.fixture(params=["sqlite", "postgres"])
def dsn(request: pytest.FixtureRequest) -> str | None:
    """Where the store is; `None` is SQLite. Each test that takes it runs with both."""
    return str(request.getfixturevalue("postgres")) if request.param == "postgres" else None


@pytest.fixture
def open_again(dsn: str | None, tmp_path: Path) -> Iterator[Open]:
    """Opens the one store of the test, as often as it is called."""
    opened: list[Store] = []

    def opening() -> Store:
        opened.append(open_store(dsn, tmp_path))
        return opened[-1]

    yield opening
    for store in opened:
        store.close()


@pytest.fixture
def store(open_again: Open) -> Store:
    return open_again()
