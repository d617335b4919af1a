"""Records that the store had and has no more: found by the marks, which say what it once had."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from mainstay.control.shipping.findings import Findings
from mainstay.ledger.errors import LedgerError
from mainstay.ledger.marks import marks_folder, read_mark
from mainstay.ledger.store.port import Store
from mainstay.ledger.store.rows import is_chain_id

MARKS_MAX: Final = 100_000
"""Most marks that are looked at."""


def look_for_lost(state: Path, store: Store, known: Mapping[str, int], findings: Findings) -> None:
    """Compare what the store has with the marks and with what is known of this run (chain -> number of a record).

    Raises `StoreError`, about the store.
    """
    there = {one.chain.id: one for one in store.chains()}
    for chain in sorted({*known, *_marked(state)}):
        digest = ""
        expected = known.get(chain, 0)
        try:
            mark = read_mark(marks_folder(state), chain)
        except LedgerError as error:
            findings.add("mark-unreadable", chain, f"whether the store lost records cannot be told: {error}")
            mark = None
        if mark is not None and mark.sequence >= expected:
            expected, digest = mark.sequence, mark.digest
        stored = there.get(chain)
        has = stored.position.sequence if stored else 0
        reached = stored.reached.sequence if stored else 0
        if has < max(expected, reached):
            what = f"the store had records {has + 1} to {max(expected, reached)} and has lost them"
            findings.add("store-lost-records", chain, f"{store.name}: {what}; what the journal still has is sent again")
        elif stored is not None and digest and has == expected and stored.position.digest.hex() != digest:
            findings.add("store-disagrees", chain, f"{store.name}: record {has} is not the one that was shipped")
        else:
            findings.resolve(chain, "store-lost-records")


def _marked(state: Path) -> list[str]:
    paths = [path for _, path in zip(range(MARKS_MAX), marks_folder(state).glob("*.json"), strict=False)]
    return [path.stem for path in paths if is_chain_id(path.stem)]
