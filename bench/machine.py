"""What the measurements run on: which core does what, and the machine in words."""

import os
import platform
import sys
from pathlib import Path

import msgspec

_STAT_IDLE_FIELDS = (3, 4)
"""Idle and waiting for the disk, in a `cpu` line of /proc/stat."""
_STAT_FIELDS = 8
"""User to steal; guest time behind them is counted in user already."""


class Cores(msgspec.Struct, frozen=True):
    """The proxy has a core of its own; upstream and load generator share one where there are only two."""

    proxy: int
    upstream: int
    load: int


def choose_cores(allowed: list[int]) -> Cores | None:
    """Give each part its core; `None` where there are fewer than two."""
    if len(allowed) < 2:  # noqa: PLR2004 - one for the proxy, one for the rest
        return None
    return Cores(allowed[0], allowed[1], allowed[min(2, len(allowed) - 1)])


class CoreClock(msgspec.Struct, frozen=True):
    """Busy and total seconds of one core since the machine started."""

    busy_seconds: float
    total_seconds: float


def core_clock(core: int) -> CoreClock:
    """Read how long a core has been busy."""
    prefix = f"cpu{core} "
    line = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith(prefix))
    ticks = [int(field) for field in line.split()[1 : 1 + _STAT_FIELDS]]
    per_second = os.sysconf("SC_CLK_TCK")
    total = sum(ticks)
    return CoreClock((total - sum(ticks[field] for field in _STAT_IDLE_FIELDS)) / per_second, total / per_second)


class Machine(msgspec.Struct, frozen=True):
    """What a reader must know to judge the numbers. No host name, no path."""

    processor: str
    cores: int
    memory_gib: float
    kernel: str
    python: str
    cores_used: Cores


def describe(cores: Cores) -> Machine:
    """Look at the machine."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    release = platform.release().partition("-")[0]
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 0,
        memory_gib=round(pages / 2**30, 1),
        kernel=f"{platform.system()} {release}",
        python=f"{platform.python_implementation()} {sys.version.partition(' ')[0]}",
        cores_used=cores,
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
