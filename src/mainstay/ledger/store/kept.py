"""A store that is opened when it is first asked something, and again after it did not answer."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, Protocol, TypeVar

from mainstay.ledger.errors import LedgerError


class Closing(Protocol):
    """Something that can be let go of."""

    def close(self) -> None:
        """Let go of it. Raises nothing."""


S = TypeVar("S", bound=Closing)
T = TypeVar("T")


class KeptStore(Generic[S]):
    """May be used from any thread; questions are asked one after the other."""

    def __init__(self, open_store: Callable[[], S]) -> None:
        """`open_store` may raise `LedgerError`."""
        self._open_store = open_store
        self._store: S | None = None
        self._lock = Lock()

    def ask(self, question: Callable[[S], T]) -> T:
        """The answer. Raises `LedgerError` where there is none; the next question opens the store anew."""
        with self._lock:
            try:
                if self._store is None:
                    self._store = self._open_store()
                return question(self._store)
            except LedgerError:
                self._let_go()
                raise

    def close(self) -> None:
        """Let go of the store; a further question opens it again."""
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            store.close()
