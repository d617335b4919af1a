"""What a gateway holds after a round of traffic, and how much that grows."""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from bench.child import BenchError, Child
from bench.soak.census.sitecustomize import SIGNAL
from mainstay.gateway.drafts.places import SUFFIX
from mainstay.ledger.store.sqlite import FILE as STORE

PER_EXCHANGES: Final = 100_000


class Census(msgspec.Struct, frozen=True):
    """What Python itself says of a process: tasks that are not done, live objects, and these by type; and the blocks of
    memory that it has given out."""

    tasks: int
    objects: int
    blocks: int
    types: dict[str, int]


class Footprint(msgspec.Struct, frozen=True):
    """After so many exchanges: of all processes of the gateway together. What is under state is counted without what is
    meant to stay: drafts, and the store. `forgotten_drafts` are on disk and not in the gateway's index.
    `kept_connections` were open for the next requests until the upstreams ended them; `sockets` are the others."""

    exchanges: int
    memory_bytes: int
    control_memory_bytes: int
    sockets: int
    kept_connections: int
    open_files: int
    threads: int
    tasks: int
    objects: int
    blocks: int
    types: dict[str, int]
    drafts: int
    forgotten_drafts: int
    state_files: int
    state_bytes: int


def sockets_and_files(child: Child) -> tuple[int, int]:
    """How many sockets and how many other descriptors its processes hold."""
    sockets = others = 0
    for pid in child.pids():
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                if str(descriptor.readlink()).startswith("socket:"):
                    sockets += 1
                else:
                    others += 1
    return sockets, others


def threads_of(child: Child) -> int:
    """How many threads its processes have."""
    return sum(len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in child.pids())


def ask_for_census(child: Child, folder: Path) -> list[Path]:
    """Have each process count; the files that will be there when it has."""
    files = [folder / f"{pid}.json" for pid in child.pids()]
    for file in files:
        file.unlink(missing_ok=True)
        os.kill(int(file.stem), SIGNAL)
    return files


def read_census(files: Sequence[Path]) -> list[Census]:
    """Of all that have counted. Raises `BenchError` where a file is not what it should be."""
    try:
        return [msgspec.json.decode(file.read_bytes(), type=Census) for file in files]
    except (OSError, msgspec.DecodeError) as error:
        raise BenchError(f"no census: {error}") from error


def state_of(folder: Path) -> tuple[int, int, int]:
    """How many drafts are under a folder of state, how many other files, and the bytes of these; the store, which keeps
    everything, is left out."""
    drafts, sizes = 0, list[int]()
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            if path.suffix == SUFFIX:
                drafts += 1
            elif path.is_file() and not path.name.startswith(STORE):
                sizes.append(path.stat().st_size)
    return drafts, len(sizes), sum(sizes)


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Growth of the second for one more of the first: the line through all points that misses them least (squares)."""
    count = len(points)
    mean_x, mean_y = (sum(point[axis] for point in points) / count for axis in (0, 1))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def growth(footprints: Sequence[Footprint], name: str) -> float:
    """How much a number of the footprint grows in 100,000 exchanges, by all footprints given."""
    points = [(float(one.exchanges), float(getattr(one, name))) for one in footprints]
    return slope(points) * PER_EXCHANGES


def blur(footprints: Sequence[Footprint], resolution: float) -> float:
    """How much growth in 100,000 exchanges a number may seem to have that is off by so much at the last look: the
    shorter the soak, the less it can tell."""
    return resolution * PER_EXCHANGES / (footprints[-1].exchanges - footprints[0].exchanges)


def growing_types(footprints: Sequence[Footprint], shown: int) -> list[tuple[str, float]]:
    """The types whose objects grow most in 100,000 exchanges, the worst first."""
    names = set(footprints[-1].types)
    slopes = {
        name: slope([(one.exchanges, one.types.get(name, 0)) for one in footprints]) * PER_EXCHANGES for name in names
    }
    worst = sorted(slopes.items(), key=lambda item: -item[1])[:shown]
    return [(name, value) for name, value in worst if value >= 1]
