"""Whether a journal file is what was once written: every hash, every signature, and what others know of it.

Streaming, so that memory is bounded by one segment, and at one instant, so that a gateway may write meanwhile.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

import msgspec

from mainstay.ledger.chain import Anchor, Chain, digest_within, genesis, origin, verify_segment
from mainstay.ledger.chain_reader import ChainReader
from mainstay.ledger.checkpoint import Checkpoint, PublicKeys, verified
from mainstay.ledger.errors import DamagedStoreError, ForgedCheckpointError, LedgerError, UnknownKeyError
from mainstay.ledger.examination import contradiction
from mainstay.ledger.head import head_path, read_head
from mainstay.ledger.marks import Mark, read_mark

Severity = Literal["note", "unknown", "broken"]
"""`broken`: something was altered or is missing. `unknown`: it cannot be told. `note`: neither."""

LOWEST_SEQUENCE: Final = -(2**63)


class Finding(msgspec.Struct, frozen=True):
    """Something that a verification found. `chain` is the chain's name, or the file's where it tells none; `sequence`
    and `id` name the first record that is concerned (0 and empty for none)."""

    chain: str
    sequence: int
    id: str
    what: str
    severity: Severity


class _BrokenError(Exception):
    """Ends the verification of one file: behind its first flaw nothing can be said."""

    def __init__(self, sequence: int, identity: str, what: str) -> None:
        super().__init__(what)
        self.sequence = sequence
        self.id = identity


def verify_journal(path: Path, keys: PublicKeys, marks: Path) -> Iterator[Finding]:
    """Verify one file from its beginning to its head, which lies beside it. `marks` is the folder of marks.

    The last finding is a note that counts the records, unless the file is broken: then it says what is broken first.
    Raises nothing: what cannot be read is a finding too.
    """
    name = path.name
    try:
        with ChainReader(path) as reader:
            name = reader.chain().id
            yield from _Verification(reader, keys, marks).findings()
    except _BrokenError as broken:
        yield Finding(name, broken.sequence, broken.id, str(broken), "broken")
    except DamagedStoreError as error:
        yield Finding(name, 0, "", str(error), "broken")
    except LedgerError as error:
        yield Finding(name, 0, "", str(error), "unknown")


class _Verification:
    """One file's verification, which ends by an exception where the file is broken."""

    def __init__(self, reader: ChainReader, keys: PublicKeys, marks: Path) -> None:
        self._reader = reader
        self._keys = keys
        self._marks = marks
        self._chain: Chain = reader.chain()
        self._anchor_is_signed = False
        self._unknown: set[str] = set()

    def findings(self) -> Iterator[Finding]:
        """Everything that is found, in order. Raises `_BrokenError` or `LedgerError`."""
        # A gateway may be writing: a head or mark that was read before cannot be newer than the file, nor an anchor
        # newer than a mark that is read after.
        head = self._head()
        mark_before = self._mark()
        with self._reader.frozen():
            mark_after = self._mark()
            anchor, end, count = self._walk()
            self._compare(head, "the head", end)
            self._compare(mark_before, "the store", end)
            self._check_anchor(anchor, mark_after)
            if (damage := self._reader.damage()) is not None:
                raise _BrokenError(0, "", damage)
        for what in sorted(self._unknown):
            yield Finding(self._chain.id, 0, "", what, "unknown")
        text = f"{count:,} records, {anchor.sequence + 1:,} to {end.sequence:,}" if count else "no records"
        yield Finding(self._chain.id, end.sequence, "", text, "note")

    def _walk(self) -> tuple[Anchor, Anchor, int]:
        """Verify every segment, and the checkpoints between them. Give the beginning, the end, and how many there
        are between them."""
        anchor = place = self._reader.anchor()
        if not anchor.sequence and anchor.digest != genesis(self._chain.id):
            raise _BrokenError(1, "", "what stands before the first record was altered")
        checkpoints = self._checkpoints()
        checkpoint = next(checkpoints, None)
        while checkpoint is not None and checkpoint.sequence < anchor.sequence:
            # Genuine, of a record that was pruned: there is nothing to compare it with.
            checkpoint = next(checkpoints, None)
        if checkpoint is not None and checkpoint.sequence == anchor.sequence:
            _expect(checkpoint, anchor.digest)
            self._anchor_is_signed = True
            checkpoint = next(checkpoints, None)
        for segment in self._reader.segments():
            flaw = verify_segment(segment, place.digest, place.sequence + 1)
            if flaw is not None:
                raise _BrokenError(flaw.sequence, flaw.id, flaw.what)
            while checkpoint is not None and checkpoint.sequence <= segment.last_sequence:
                _expect(checkpoint, digest_within(segment, checkpoint.sequence))
                checkpoint = next(checkpoints, None)
            place = Anchor(segment.last_sequence, segment.digest)
        if checkpoint is not None:
            raise _missing(place, checkpoint.sequence, "a checkpoint")
        return anchor, place, place.sequence - anchor.sequence

    def _checkpoints(self) -> Iterator[Checkpoint]:
        """The checkpoints in the file that are genuine; those whose key is not known are left out and noted."""
        after = LOWEST_SEQUENCE
        while rows := self._reader.numbered_checkpoints_after(after):
            for sequence, statement in rows:
                with self._judged(sequence, "a checkpoint"):
                    checkpoint = verified(statement, self._keys)
                    if checkpoint.sequence != sequence or checkpoint.chain != self._chain.id:
                        raise _BrokenError(sequence, "", "a checkpoint of another record or chain stands here")
                    self._check_origin(checkpoint)
                    yield checkpoint
            after = rows[-1][0]

    def _head(self) -> Checkpoint | None:
        with self._judged(0, "the head"):
            head = read_head(head_path(self._reader.path), self._keys)
            if head is None:
                self._unknown.add("there is no head: whether the last records are still here cannot be told")
                return None
            if head.chain == self._chain.id:
                self._check_origin(head)
                return head
            if head.chain != self._chain.follows:
                raise _BrokenError(0, "", f"the head is that of another chain, {head.chain}")
            if self._reader.end().sequence:
                self._unknown.add("the head is still that of the chain before: the last records cannot be confirmed")
        return None

    def _mark(self) -> Mark | None:
        try:
            return read_mark(self._marks, self._chain.id)
        except LedgerError as error:
            self._unknown.add(f"what the store has cannot be told: {error}")
            return None

    def _compare(self, seen: Checkpoint | Mark | None, witness: str, end: Anchor) -> None:
        if seen is None:
            return
        if seen.sequence > end.sequence:
            raise _missing(end, seen.sequence, witness)
        reason = contradiction(self._reader, witness, seen.sequence, seen.digest)
        if reason is not None:
            raise _BrokenError(seen.sequence, "", reason)

    def _check_anchor(self, anchor: Anchor, mark: Mark | None) -> None:
        if not anchor.sequence:
            return
        if not self._anchor_is_signed:
            self._unknown.add(f"that the records up to {anchor.sequence} were pruned is not signed")
        if mark is None:
            self._unknown.add(
                f"the records up to {anchor.sequence} are gone, and no mark tells that the store has them"
            )
        elif mark.sequence < anchor.sequence:
            what = f"the records up to {anchor.sequence} are gone, and the store has only those up to {mark.sequence}"
            raise _BrokenError(mark.sequence + 1, "", what)

    def _check_origin(self, checkpoint: Checkpoint) -> None:
        if checkpoint.origin != origin(self._chain):
            raise _BrokenError(0, "", "what the chain says of itself (gateway, worker, beginning) was altered")

    @contextmanager
    def _judged(self, sequence: int, what: str) -> Iterator[None]:
        """A statement that is not genuine breaks the chain; one whose key is not known leaves it open."""
        try:
            yield
        except ForgedCheckpointError as error:
            raise _BrokenError(sequence, "", f"{what} is not genuine: {error}") from error
        except UnknownKeyError as error:
            self._unknown.add(f"{what} is {error}")


def _expect(checkpoint: Checkpoint, digest: bytes) -> None:
    if checkpoint.digest != digest.hex():
        what = "this record, or one before it, is not the one that a checkpoint knows"
        raise _BrokenError(checkpoint.sequence, "", what)


def _missing(end: Anchor, sequence: int, witness: str) -> _BrokenError:
    first = end.sequence + 1
    return _BrokenError(first, "", f"records {first} to {sequence} are missing, which {witness} knows")
