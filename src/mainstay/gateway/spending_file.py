"""The file in which a worker keeps what was used of allowances, `state/spending-N.json`."""

from pathlib import Path
from typing import Final

import msgspec

from mainstay.gateway.whole_file import replace_file
from mainstay.model.news import MeterNews

FILE_BYTES_MAX: Final = 256 * 1024 * 1024
VERSION: Final = 1


class Sum(msgspec.Struct, frozen=True, array_like=True):
    """What the journal says that a subject has spent in a window, in nanodollars."""

    subject: str
    window: str
    used: int


class KeptSpending(msgspec.Struct, frozen=True):
    """What the file holds. `boot` is that of the process that wrote it. `sums` hold the records of the journal with
    this `chain` up to `sequence`; `meters` what was known of every node, `nodes` who may be alive besides ourselves."""

    node: str
    boot: int
    chain: str = ""
    sequence: int = 0
    sums: tuple[Sum, ...] = ()
    meters: tuple[MeterNews, ...] = ()
    nodes: tuple[str, ...] = ()
    version: int = VERSION


class UnreadableSpendingError(Exception):
    """The file is there and cannot be used; the message says why."""


def spending_path(state: Path, worker: int) -> Path:
    """Where the worker with this number keeps the file."""
    return state / f"spending-{worker}.json"


def read_spending(path: Path) -> KeptSpending | None:
    """What was kept; `None` if nothing was. Raises `UnreadableSpendingError`."""
    try:
        with path.open("rb") as file:
            kept = msgspec.json.decode(file.read(FILE_BYTES_MAX), type=KeptSpending)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnreadableSpendingError(error.strerror or type(error).__name__) from error
    except (ValueError, RecursionError) as error:
        raise UnreadableSpendingError("it is torn, or no such file") from error
    if kept.version != VERSION:
        raise UnreadableSpendingError(f"it is of version {kept.version}, this program knows {VERSION}")
    return kept


def write_spending(path: Path, kept: KeptSpending) -> None:
    """Put it in place of the older one, whole. Raises `OSError`. Not forced to the disk: the journal is, and what a
    power failure takes away is read from there again."""
    replace_file(path, msgspec.json.encode(kept), sync=False)
