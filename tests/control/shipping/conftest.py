"""Shared by the tests of shipping: journals as gateways write them, a store, clocks that stand still."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from mainstay.control.shipping.shipper import Shipper
from mainstay.control.shipping.status import Finding
from mainstay.ledger.errors import StoreError
from mainstay.ledger.files import JournalFile, journal_path
from mainstay.ledger.sqlite import RecordStore
from mainstay.ledger.store.opening import open_store
from mainstay.ledger.store.port import ALL, Store
from mainstay.model.records import Record
from tests.ledger.conftest import attempt


class Stand:
    """One machine: a state folder, its gateway's journals, and a shipper to a store that can be taken away."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.now = 100.0
        self.told: list[Finding] = []
        self.down: str | None = None
        self.opened = 0
        self.shipper = self.another()
        self._files: dict[int, tuple[JournalFile, RecordStore]] = {}

    def another(self) -> Shipper:
        """A shipper that knows nothing yet."""
        return Shipper(self.state, self.open_store, self.told.append, lambda: 5_000.0, lambda: self.now)

    def open_store(self) -> Store:
        if self.down is not None:
            raise StoreError(self.down)
        self.opened += 1
        return open_store(None, self.state / "store")

    def journal(self, worker: int = 0) -> RecordStore:
        """The journal of one worker, open for writing."""
        if worker not in self._files:
            file = JournalFile(journal_path(self.state, worker), lambda: 5_000.0, gateway="00ff")
            self._files[worker] = (file, file.open())
        return self._files[worker][1]

    def close(self, worker: int = 0) -> None:
        """Let the worker go."""
        file, store = self._files.pop(worker)
        store.close()
        file.release()

    def write(self, *numbers: int, worker: int = 0) -> str:
        """One commit of attempts with these numbers; give the chain."""
        records: Sequence[Record] = [attempt(one, f"ex_{worker}", at=float(one)) for one in numbers]
        self.journal(worker).append(records)
        return self.journal(worker).chain().id

    def ship(self, shipper: Shipper | None = None) -> None:
        """Turns until nothing is left to do."""
        while (shipper or self.shipper).turn():
            pass

    def stored(self) -> list[str]:
        """The ids of what the store shows."""
        store = open_store(None, self.state / "store")
        try:
            return [row.id for row in store.records(ALL, None, 10_000)]
        finally:
            store.close()

    def behind(self, act: Callable[[Store], object]) -> None:
        """Do something to the store behind everybody's back."""
        store = open_store(None, self.state / "store")
        try:
            act(store)
        finally:
            store.close()

    def alter_store(self, statement: str) -> None:
        """Do something in SQL to the store behind everybody's back."""
        self.behind(lambda store: store._database.rows(statement))  # type: ignore[attr-defined] # so

    @property
    def kinds(self) -> list[str]:
        return [one.kind for one in self.told]

    def end(self) -> None:
        for worker in list(self._files):
            self.close(worker)
        self.shipper._let_go()


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = Stand(tmp_path)
    yield stand
    stand.end()
