"""Counts a Python process's live objects and memory when it is asked to: Python imports this file when it starts,
wherever this folder is in PYTHONPATH, so the program under test need not know of it.

On `SIGNAL` it writes `NAME.json` into the folder that `BENCH_CENSUS` names, NAME being the process's id.
"""

import asyncio
import gc
import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

SIGNAL = signal.SIGRTMIN + 3
FOLDER = "BENCH_CENSUS"
TYPES_SHOWN = 400


def census() -> dict[str, object]:
    """How many objects live, by the names of their types, how many tasks are not done, and how many blocks of memory
    Python has given out, to whatever: also to text, which the collector of garbage does not know."""
    gc.collect()
    blocks = sys.getallocatedblocks()
    living = gc.get_objects()
    counts = Counter(f"{type(one).__module__}.{type(one).__qualname__}" for one in living)
    tasks = sum(isinstance(one, asyncio.Task) and not one.done() for one in living)
    return {"tasks": tasks, "objects": len(living), "blocks": blocks, "types": dict(counts.most_common(TYPES_SHOWN))}


def _on_signal(_number: int, _frame: FrameType | None) -> None:
    folder = Path(os.environ[FOLDER])
    beside = folder / f"{os.getpid()}.new"
    beside.write_text(json.dumps(census()))
    beside.replace(folder / f"{os.getpid()}.json")


if FOLDER in os.environ:
    signal.signal(SIGNAL, _on_signal)
