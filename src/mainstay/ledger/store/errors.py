"""What can go wrong with the store beyond what goes wrong with every ledger (`ledger.errors`)."""

from mainstay.ledger.errors import LedgerError, StoreError


class MissingStoreError(StoreError):
    """There is no store yet, and who asked may not make one."""


class StoreGapError(LedgerError):
    """What should be appended does not begin where the store's part of the chain ends; nothing was written."""


class RecordRefusedError(LedgerError):
    """A record cannot go into the store; nothing was written, and trying again cannot help.

    `chain`, `sequence` and `id` name the record; the id is empty where it cannot be told.
    """

    def __init__(self, chain: str, sequence: int, identity: str, what: str) -> None:
        """Name the record, and say what is wrong."""
        super().__init__(f"chain {chain}, record {sequence}{f' ({identity})' if identity else ''}: {what}")
        self.chain = chain
        self.sequence = sequence
        self.id = identity


class StoreDisagreesError(RecordRefusedError):
    """The store and what should be appended say different things of one record: either of them was altered."""


class BrokenChainError(RecordRefusedError):
    """What should be appended is not sound in itself: the journal was altered."""
