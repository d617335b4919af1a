"""Whether journal and store have the same checkpoints: each is where the other's deletions show."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from mainstay.ledger.chain_reader import ChainReader
from mainstay.ledger.errors import LedgerError
from mainstay.ledger.verify import Finding

Known = Callable[[str, int], Iterable[int] | None]
"""Of a chain the records, after the one with this number, that the store has checkpoints of, in order; `None` where
that is not known."""


def verify_checkpoints(path: Path, known: Known) -> Iterator[Finding]:
    """Compare a journal, verified before, with the store. Raises nothing."""
    try:
        with ChainReader(path) as reader:
            name = reader.chain().id
            # The store first: a journal has its checkpoints sooner. Those of what was pruned are gone for good.
            theirs = known(name, reader.anchor().sequence)
            if theirs is None:
                return
            stored = set(theirs)
            with reader.frozen():
                anchor = reader.anchor().sequence
                kept = set(_kept(reader, anchor))
    except LedgerError as error:
        yield Finding(path.name, 0, "", str(error), "unknown")
        return
    stored = {sequence for sequence in stored if sequence > anchor}
    for sequence in sorted(stored - kept)[:1]:
        what = "the journal's checkpoint of this record was deleted, the store has it"
        yield Finding(name, sequence, "", what, "broken")
    # They are shipped in order, so the newest may be on their way.
    for sequence in sorted(one for one in kept - stored if one < max(stored, default=0))[:1]:
        what = "the store's checkpoint of this record was deleted, the journal has it"
        yield Finding(name, sequence, "", what, "broken")


def _kept(reader: ChainReader, after: int) -> Iterator[int]:
    while rows := reader.numbered_checkpoints_after(after):
        yield from (sequence for sequence, _ in rows)
        after = rows[-1][0]
