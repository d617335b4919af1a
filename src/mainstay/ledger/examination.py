"""Whether a journal file still holds what others know of it: its head, and the store by way of its mark.

Asked before anything is appended. A writer that went on behind a gap would hide it, and a store that was shipped other
records under the same numbers could not be reconciled.
"""

from pathlib import Path
from typing import Final, Protocol

import msgspec

from mainstay.ledger.chain import Anchor, verify_segment
from mainstay.ledger.chain_reader import ChainReader
from mainstay.ledger.checkpoint import Checkpoint
from mainstay.ledger.errors import DamagedStoreError, LedgerError
from mainstay.ledger.marks import read_mark

BEGUN_ANEW_ALERT: Final = "journal-begun-anew"
"""Kind of the alert with which a chain begins that follows one which was damaged, truncated or lost."""

HEAD_ALERT: Final = "journal-head"
"""Kind of the alert that says: whether the newest records are still there cannot be told."""

UNSIGNED_ALERT: Final = "journal-unsigned"
"""Kind of the alert that says: checkpoints cannot be signed."""

MARK_ALERT: Final = "journal-mark"
"""Kind of the alert that says: what the store has cannot be told, or is not ours; nothing is pruned."""


class Remark(msgspec.Struct, frozen=True):
    """Something that an operator should know of a journal, for an alert record of this kind."""

    kind: str
    message: str


class Known(Protocol):
    """A chain that can be asked; `ledger.chain_reader.ChainReader` in production."""

    def end(self) -> Anchor:
        """The place of the newest record."""

    def digest_at(self, sequence: int) -> bytes | None:
        """The hash after this record; `None` if it is not there."""


def contradiction(reader: Known, witness: str, sequence: int, digest: str) -> str | None:
    """Why the file cannot be what a witness saw, who knows the hash of one record (64 hexadecimal digits); `None` if it
    can, or if that record was pruned. Raises `StoreError` or `DamagedStoreError`."""
    end = reader.end()
    if sequence > end.sequence:
        return f"records {end.sequence + 1} to {sequence} are missing, which {witness} knows"
    ours = reader.digest_at(sequence)
    if ours is not None and ours.hex() != digest:
        return f"record {sequence} is not the one that {witness} knows"
    return None


def examine(reader: ChainReader, head: Checkpoint | None, doubt: str, marks: Path) -> list[Remark]:
    """Compare a chained file with its head and its mark. `doubt` says why a head that is there cannot be trusted.

    Raises `DamagedStoreError` if the file lacks records or holds others, `StoreError` if it cannot be read.
    """
    chain, end = reader.chain(), reader.end()
    if head is not None and head.chain not in {chain.id, chain.follows}:
        raise DamagedStoreError(f"{reader.path}: the head beside it is that of another chain, {head.chain}")
    newest = reader.segments_after(end.sequence - 1, 0)
    for segment in newest:
        if (flaw := verify_segment(segment, segment.previous)) is not None:
            raise DamagedStoreError(f"{reader.path}: record {flaw.sequence}: {flaw.what}")
    if head is not None and head.chain == chain.id:
        _refuse(reader, contradiction(reader, "the head", head.sequence, head.digest))
    remarks: list[Remark] = []
    if (head is None or head.chain != chain.id) and (doubt or end.sequence):
        why = doubt or ("it is missing" if head is None else "it is that of the chain before")
        remarks.append(
            Remark(HEAD_ALERT, f"the head of {reader.path.name} cannot tell whether records are gone: {why}")
        )
    try:
        mark = read_mark(marks, chain.id)
    except LedgerError as error:
        return [*remarks, Remark(MARK_ALERT, str(error))]
    if mark is not None:
        _refuse(reader, contradiction(reader, "the store", mark.sequence, mark.digest))
    return remarks


def _refuse(reader: ChainReader, reason: str | None) -> None:
    if reason is not None:
        raise DamagedStoreError(f"{reader.path}: {reason}")
