"""Whether every chain that should be here is: those that others follow, those that a head or a mark speaks of."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from mainstay.ledger.chain import Anchor, Chain
from mainstay.ledger.chain_reader import ChainReader
from mainstay.ledger.checkpoint import PublicKeys
from mainstay.ledger.errors import LedgerError
from mainstay.ledger.files import journal_paths, lost_head_paths, set_aside_paths
from mainstay.ledger.head import head_path, read_head
from mainstay.ledger.marks import mark_path, marks_folder, read_marks
from mainstay.ledger.verify import Finding

Stored = Callable[[str], Anchor | None]
"""How far a chain is in the store; `None` where that is not known."""


class _Trace(msgspec.Struct, frozen=True):
    """Somebody knows of a chain up to a place."""

    chain: str
    place: Anchor
    witness: str


def verify_lineage(state: Path, keys: PublicKeys, stored: Stored) -> Iterator[Finding]:
    """Compare the journals of a state folder with what is told of chains elsewhere. One that is not here any more is
    missing, unless the store has all that is known of it. Raises nothing."""
    present: dict[str, Path] = {}
    chains: list[Chain] = []
    for path in [*set_aside_paths(state), *journal_paths(state)]:
        chain = _chain_of(path)
        if chain is not None:
            chains.append(chain)
            present[chain.id] = path
        else:
            # Unreadable, which its own verification says. Its head tells at least which one it is.
            present.update((trace.chain, path) for trace in _head_trace(head_path(path), keys))
    told: set[str] = set()
    for trace in _traces(state, chains, keys):
        if trace.chain in present:
            yield from _follows(present[trace.chain], trace)
        elif trace.chain not in told:
            told.add(trace.chain)
            yield _missing(trace, stored(trace.chain))


def verify_agreement(path: Path, stored: Stored) -> Iterator[Finding]:
    """Compare a journal, verified before, with the store: their overlap must be equal, and nothing missing between.
    By the nature of a chain one equal hash makes all before it equal. What the store has, there must be a mark of: it
    alone tells when the store has less one day. Raises nothing."""
    try:
        with ChainReader(path) as reader:
            name = reader.chain().id
            place = stored(name)
            # In this order: a journal is pruned only after the store has grown.
            anchor = reader.anchor()
            if place is None:
                return
            if place.sequence < anchor.sequence:
                gap = f"records {place.sequence + 1} to {anchor.sequence} are neither in the store nor in the journal"
                yield Finding(name, place.sequence + 1, "", gap, "broken")
                return
            ours = reader.digest_at(place.sequence)
            end = reader.end()
            if place.sequence > end.sequence:
                missing = (
                    f"records {end.sequence + 1} to {place.sequence} are missing in the journal, the store has them"
                )
                yield Finding(name, end.sequence + 1, "", missing, "broken")
            elif ours is not None and ours != place.digest:
                what = f"store and journal do not agree on the records up to {place.sequence}"
                yield Finding(name, place.sequence, "", what, "broken")
            elif place.sequence and not mark_path(marks_folder(path.parent), name).exists():
                what = f"there is no mark, though the store has {place.sequence:,} records: it may have had more"
                yield Finding(name, 0, "", what, "unknown")
    except LedgerError as error:
        yield Finding(path.name, 0, "", str(error), "unknown")


def _chain_of(path: Path) -> Chain | None:
    try:
        with ChainReader(path) as reader:
            return reader.chain()
    except LedgerError:
        return None


def _traces(state: Path, chains: list[Chain], keys: PublicKeys) -> Iterator[_Trace]:
    """All that is known of chains, except what verifying a journal looks at anyhow."""
    for chain in chains:
        if chain.follows:
            place = Anchor(chain.follows_sequence, chain.follows_digest)
            yield _Trace(chain.follows, place, f"the chain {chain.id}, which follows it,")
    live = set(journal_paths(state))
    heads = [path for path in sorted(state.glob("journal-*.head")) if path.with_suffix(".sqlite") not in live]
    for path in [*lost_head_paths(state), *(path for path in heads if path not in lost_head_paths(state))]:
        yield from _head_trace(path, keys)
    for mark in read_marks(marks_folder(state)).values():
        with suppress(ValueError):
            # What is no hash, the verification of its journal says, if there is one.
            yield _Trace(mark.chain, Anchor(mark.sequence, bytes.fromhex(mark.digest)), "the mark of the store")


def _head_trace(path: Path, keys: PublicKeys) -> Iterator[_Trace]:
    try:
        head = read_head(path, keys)
    except LedgerError:
        return
    if head is not None:
        yield _Trace(head.chain, Anchor(head.sequence, bytes.fromhex(head.digest)), f"the head {path.name}")


def _follows(path: Path, trace: _Trace) -> Iterator[Finding]:
    """Whether a chain that is here is what is known of it."""
    try:
        with ChainReader(path) as reader:
            ours = reader.digest_at(trace.place.sequence)
    except LedgerError:
        return
    if ours is not None and ours != trace.place.digest:
        what = f"this record is not the one that {trace.witness} knows"
        yield Finding(trace.chain, trace.place.sequence, "", what, "broken")


def _missing(trace: _Trace, place: Anchor | None) -> Finding:
    known = trace.place.sequence
    if place is not None and place.sequence >= known:
        what = f"its journal is gone; the store has the {place.sequence:,} records that are known of it"
        return Finding(trace.chain, 0, "", what, "note")
    first = 1 if place is None else place.sequence + 1
    what = f"the journal of this chain is missing: {trace.witness} knows {known:,} records of it"
    if place is not None:
        what += f", the store has {place.sequence:,}"
    return Finding(trace.chain, first, "", what, "broken")
