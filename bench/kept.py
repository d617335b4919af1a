"""Results that are kept on disk, one file for each measure, so that a run that was broken off can go on."""

import hashlib
from pathlib import Path

import msgspec

from bench.figure import Figure
from bench.machine import Machine
from bench.plan import Plan

ROOT = Path(__file__).parent.parent
MEASURED_CODE = ("src/mainstay", "bench")


class Result(msgspec.Struct, frozen=True):
    """What one measure found. `source`: a digest of the code that was measured and of the code that measured."""

    name: str
    source: str
    machine: Machine
    plan: Plan
    seconds: float
    figures: tuple[Figure, ...]


def source_digest(root: Path = ROOT) -> str:
    """The same for the same source files, whatever has been committed."""
    digest = hashlib.sha256()
    for folder in MEASURED_CODE:
        for path in sorted((root / folder).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


class KeptResults:
    """One folder of them."""

    def __init__(self, folder: Path) -> None:
        """The folder is made with the first result."""
        self._folder = folder

    def keep(self, result: Result) -> None:
        """Write it, whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(result.name)
        beside = path.with_suffix(".new")
        beside.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1))
        beside.replace(path)

    def result(self, name: str) -> Result | None:
        """What was kept of this measure; nothing where that cannot be read any more."""
        try:
            return msgspec.json.decode(self._path(name).read_bytes(), type=Result)
        except (OSError, msgspec.DecodeError):
            return None

    def drop(self, name: str) -> None:
        """Forget what was kept of this measure."""
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"
