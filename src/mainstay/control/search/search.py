"""Looks for records, from the newest on. Each page takes its time whatever is found: when that is over, it says how far
it has looked, and the next page goes on there."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final

import msgspec

from mainstay.control.search.hit import Hit, hit_of
from mainstay.control.search.wish import LIMIT_DEFAULT, LIMIT_MAX, Wish
from mainstay.ledger.store.kept import KeptStore
from mainstay.ledger.store.port import EVERY_LINE, Cursor, Query, Sifted, Store, StoredRecord
from mainstay.ledger.store.rows import indexed, is_chain_id

BUDGET_SECONDS: Final = 0.15
"""After so long no further step is begun; none is begun that would take longer by what the last one took."""
LOOK_FIRST: Final = 1_000
LOOK_MAX: Final = 20_000
"""How many records are looked at in the first step, and in the longest."""
GROWTH: Final = 3
EXCHANGE_RECORDS_MAX: Final = 1_000


class Page(msgspec.Struct, frozen=True):
    """What was found, the newest first. `after` goes on behind it, empty at the end. `looked` records were looked at,
    back to the instant `back_to`. `words` say that to a person."""

    hits: tuple[Hit, ...]
    after: str = ""
    looked: int = 0
    back_to: float | None = None
    words: str = ""

    @property
    def is_end(self) -> bool:
        """Whether there is nothing older."""
        return not self.after


class BadPlaceError(Exception):
    """The place where a page should go on is none."""


class LedgerSearch:
    """May be used from any thread. Every method may raise `LedgerError`: the store does not answer now."""

    def __init__(self, open_store: Callable[[], Store], monotonic: Callable[[], float]) -> None:
        """`open_store` may raise `LedgerError`; `monotonic` gives seconds of a clock that no one sets."""
        self._store = KeptStore(open_store)
        self._monotonic = monotonic

    def look(self, wish: Wish, after: str = "", limit: int = LIMIT_DEFAULT) -> Page:
        """One page of what is wished for, behind the place that an earlier page told. Raises `BadPlaceError`."""
        place = place_of(after) if after else None
        limit = max(1, min(limit, LIMIT_MAX))
        named = self._named(wish, limit) if place is None and wish.text is not None else ()
        return page_of(named, Sifted((), None, len(named)), len(named)) if named else self._search(wish, place, limit)

    def exchange(self, exchange_id: str) -> tuple[Hit, ...]:
        """All records of one exchange, the oldest first."""
        query = Query(exchange=indexed(exchange_id))
        rows = self._store.ask(lambda store: store.records(query, None, EXCHANGE_RECORDS_MAX)) if exchange_id else []
        return tuple(hit for hit in (hit_of(row, Wish()) for row in rows) if hit is not None)

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()

    def _search(self, wish: Wish, place: Cursor | None, limit: int) -> Page:
        began = before = self._monotonic()
        hits: list[Hit] = []
        looked, step = 0, LOOK_FIRST
        while True:
            sifted = self._store.ask(partial(_step, wish, place, limit - len(hits), step))
            hits += [hit for hit in (hit_of(row, wish) for row in sifted.rows) if hit is not None]
            looked, place = looked + sifted.looked, sifted.reached
            now = self._monotonic()
            took, before = now - before, now
            if place is None or len(hits) >= limit or now - began + took >= BUDGET_SECONDS:
                return page_of(tuple(hits), sifted, looked)
            if now - began + GROWTH * took < BUDGET_SECONDS:
                step = min(GROWTH * step, LOOK_MAX)

    def _named(self, wish: Wish, limit: int) -> tuple[Hit, ...]:
        """What has the text as its id, however old: nobody should have to look through months for an id."""
        name = indexed(wish.text or "")
        found = self._store.ask(lambda store: store.newest(Query(exchange=name), EVERY_LINE, None, limit, LOOK_FIRST))
        rows = list(found.rows)
        for chain, sequence in self._store.ask(lambda store: store.originals([name])).values():
            known = {(row.chain, row.sequence) for row in rows}
            more = self._store.ask(partial(_at, chain, sequence))
            rows += [row for row in more if (row.chain, row.sequence) not in known]
        plain = msgspec.structs.replace(wish, text=None)
        return tuple(hit for row in rows if (hit := hit_of(row, plain)) and _is_in(hit, plain))[:limit]


def place_of(text: str) -> Cursor:
    """The place that `Page.after` told. Raises `BadPlaceError`."""
    at, _, rest = text.partition("~")
    chain, _, sequence = rest.partition("~")
    try:
        place = Cursor(float(at), chain, int(sequence))
    except ValueError:
        raise BadPlaceError("this page goes on from a place that is none; begin with the first page") from None
    is_sound = abs(place.at) < float("inf") and is_chain_id(chain) and 0 <= place.sequence < 2**63
    if not is_sound:
        raise BadPlaceError("this page goes on from a place that is none; begin with the first page")
    return place


def page_of(hits: tuple[Hit, ...], last: Sifted, looked: int) -> Page:
    """A page, from what was found and how far it was looked."""
    reached = last.reached
    if reached is None:
        return Page(hits, looked=looked, words=f"looked at all {looked:,} records that there are")
    after = f"{reached.at!r}~{reached.chain}~{reached.sequence}"
    words = f"looked at {looked:,} records, back to {_shown(reached.at)}; older ones come on the next page"
    return Page(hits, after, looked, reached.at, words)


def page_json(page: Page) -> bytes:
    """A page for programs: `records` as they stand in the journal, and how far was looked."""
    lines = [_raw(hit.line) for hit in page.hits]
    told = {"records": lines, "after": page.after, "looked": page.looked, "back_to": page.back_to}
    return msgspec.json.encode({**told, "is_end": page.is_end})


def _step(wish: Wish, place: Cursor | None, limit: int, look: int, store: Store) -> Sifted:
    return store.newest(wish.query(), wish.sieve(), place, limit, look)


def _at(chain: str, sequence: int, store: Store) -> list[StoredRecord]:
    return store.of_chain(chain, sequence - 1, 1)


def _is_in(hit: Hit, wish: Wish) -> bool:
    """Whether the columns are as wished, which the store was not asked."""
    pairs = ((wish.kind, hit.kind), (wish.tenant, hit.tenant), (wish.exchange, hit.exchange))
    if any(wanted is not None and wanted != has for wanted, has in pairs):
        return False
    return (wish.since is None or hit.at >= wish.since) and (wish.until is None or hit.at < wish.until)


def _raw(line: str) -> msgspec.Raw | str:
    """The line as it is, if it is JSON."""
    try:
        msgspec.json.decode(line)
    except msgspec.DecodeError:
        return line
    return msgspec.Raw(line)


def _shown(at: float) -> str:
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return f"@{at:g}"
