"""Marks: how far each chain has reached the store. The control plane writes them, journals are pruned behind them.

One small JSON file per chain, `state/shipped/CHAIN.json`, replaced as a whole.
"""

from pathlib import Path
from typing import Final

import msgspec

from mainstay.ledger.durable import write_durably
from mainstay.ledger.errors import DamagedStoreError, LedgerError, StoreError

FOLDER: Final = "shipped"
MARK_BYTES_MAX: Final = 4_096
MARKS_MAX: Final = 100_000


class Mark(msgspec.Struct, frozen=True):
    """The store has every record of the chain up to the number `sequence`, whose hash is `digest` (64 hexadecimal
    digits). Written at the instant `at`, in seconds since 1970."""

    chain: str
    sequence: int
    digest: str
    at: float


def marks_folder(state: Path) -> Path:
    """Where the marks of a state folder lie."""
    return state / FOLDER


def mark_path(folder: Path, chain_id: str) -> Path:
    """Where the mark of a chain lies in the folder of marks."""
    return folder / f"{chain_id}.json"


def read_mark(folder: Path, chain_id: str) -> Mark | None:
    """The mark of a chain; `None` if there is none.

    Raises `StoreError` if it cannot be read, `DamagedStoreError` if it is no mark, or one of another chain.
    """
    path = mark_path(folder, chain_id)
    try:
        with path.open("rb") as file:
            mark = msgspec.json.decode(file.read(MARK_BYTES_MAX), type=Mark)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}") from error
    except ValueError as error:
        raise DamagedStoreError(f"{path}: not a mark: {error}") from error
    if mark.chain != chain_id:
        raise DamagedStoreError(f"{path}: a mark of the chain {mark.chain!r}")
    return mark


def read_marks(folder: Path) -> dict[str, Mark]:
    """All marks that can be read, by chain."""
    marks: dict[str, Mark] = {}
    for path in sorted(folder.glob("*.json"))[:MARKS_MAX]:
        try:
            mark = read_mark(folder, path.stem)
        except LedgerError:
            continue
        if mark is not None:
            marks[mark.chain] = mark
    return marks


def write_mark(folder: Path, mark: Mark) -> None:
    """Put the mark in place of the older one, durably: after a power failure either is there, whole.

    Raises `StoreError`.
    """
    path = mark_path(folder, mark.chain)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror or error}") from error
    write_durably(path, msgspec.json.encode(mark))
