"""How a gateway stands, in one small file: what `mainstay route` reads and waits for."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from mainstay.gateway.whole_file import replace_file

STANDING_FILE: Final = Path("run", "gateway.json")
STANDING_BYTES_MAX: Final = 1_048_576
MISTAKES_MAX: Final = 50
MISTAKE_CHARACTERS_MAX: Final = 500


class Refused(msgspec.Struct, frozen=True):
    """A version that was not accepted (`sha256` is empty where the file could not even be read), and its mistakes."""

    at: float
    sha256: str
    mistakes: tuple[str, ...]


class ConfigurationStanding(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which version of the configuration runs, since when, and whether an operator went back to it. `refused` is what
    was refused since; `disk_trouble` is why whoever is in charge cannot write down what he should."""

    sha256: str
    accepted_at: float
    rolled_back: bool = False
    refused: Refused | None = None
    disk_trouble: str = ""


class WorkerStanding(msgspec.Struct, frozen=True):
    """One worker process. `state` is `starting`, `serving`, `ending` or `waiting` (to be started again); `sha256` names
    the version that it runs."""

    number: int
    state: str
    pid: int = 0
    sha256: str = ""
    restarts: int = 0


class Roll(msgspec.Struct, frozen=True, omit_defaults=True):
    """The last rolling restart. `trouble` is why it stopped half-way."""

    number: int = 0
    under_way: bool = False
    trouble: str = ""


class GatewayStanding(msgspec.Struct, frozen=True):
    """The whole gateway. `path` is the configuration file, empty where there is none. Instants are seconds since
    1970."""

    pid: int
    version: str
    started_at: float
    path: str
    address: str
    draining: bool
    drain_seconds: float
    configuration: ConfigurationStanding
    workers: tuple[WorkerStanding, ...]
    roll: Roll = Roll()


class StandingFile:
    """Written by who is in charge, whenever something has changed."""

    def __init__(self, state: Path, report: Callable[[str], None]) -> None:
        """`report` takes one line for the operator."""
        self.trouble = ""
        """Why it cannot be written; empty while it can."""
        self._path = state / STANDING_FILE
        self._report = report
        self._written: GatewayStanding | None = None

    def write(self, standing: GatewayStanding) -> None:
        """Never raises: who cannot write it serves all the same."""
        if standing == self._written:
            return
        try:
            replace_file(self._path, msgspec.json.encode(standing), sync=False)
        except OSError as error:
            trouble = f"{self._path}: {error.strerror}; `mainstay route` cannot see this gateway meanwhile"
            if not self.trouble:
                self._report(trouble)
            self.trouble = trouble
        else:
            self._written, self.trouble = standing, ""


def read_standing(state: Path) -> GatewayStanding | None:
    """What the gateway with this state folder wrote last; `None` where nothing can be read."""
    try:
        with (state / STANDING_FILE).open("rb") as file:
            return msgspec.json.decode(file.read(STANDING_BYTES_MAX), type=GatewayStanding)
    except (OSError, msgspec.MsgspecError):
        return None
