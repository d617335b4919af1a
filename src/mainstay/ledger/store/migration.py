"""How the tables of a store come to be what this version of Mainstay knows: step by step, in one transaction."""

from collections.abc import Callable, Sequence
from typing import Final

from mainstay.ledger.errors import NewerStoreError, StoreError
from mainstay.ledger.store.errors import MissingStoreError

Steps = Sequence[Sequence[str]]
"""The statements that lead from version 0 (nothing) to 1, from 1 to 2, and so on. A step that was released never
changes."""

READ_VERSION: Final = "SELECT value FROM meta WHERE name = 'schema'"
WRITE_VERSION: Final = (
    "INSERT INTO meta(name, value) VALUES ('schema', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


def migrate(name: str, version: int, steps: Steps, execute: Callable[[str, Sequence[str]], object]) -> None:
    """Do the steps that are missing. To be called inside a transaction that no other process can enter.

    Raises `NewerStoreError` for a version that came after this version of Mainstay.
    """
    refuse_newer_store(name, version, steps)
    for step in steps[version:]:
        for statement in step:
            execute(statement, ())
    if version < len(steps):
        execute(WRITE_VERSION, (str(len(steps)),))


def refuse_newer_store(name: str, version: int, steps: Steps) -> None:
    """Raise `NewerStoreError` for a version that came after this version of Mainstay."""
    if version > len(steps):
        msg = (
            f"{name}: written by a newer version of Mainstay (schema {version}, this version knows {len(steps)}); "
            "start that version, or name another store"
        )
        raise NewerStoreError(msg)


def refuse_older_store(name: str, version: int, steps: Steps) -> None:
    """Raise `MissingStoreError` where there are no tables yet, `StoreError` where they would have to be migrated."""
    if version == 0:
        raise MissingStoreError(f"{name}: there is no store yet; the control plane makes it")
    if version < len(steps):
        msg = (
            f"{name}: written by an older version of Mainstay (schema {version}, this version needs {len(steps)}); "
            "the control plane migrates it when it starts"
        )
        raise StoreError(msg)
