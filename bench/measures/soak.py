"""Two hours of hard traffic in some minutes: what the gateway still holds when all callers have gone, and its growth.

What is compressed is the pauses between requests: there are as many exchanges as 50 a second make in two hours, but
faults, aborted callers, reloads and new connections come as fast as the machine can make them. What cannot be
compressed are the gateway's own long clocks (retention by the hour, the life of a token): they are not in it.
"""

import asyncio
import json
import os
import signal
import time
from collections import Counter
from pathlib import Path

import msgspec
import uvloop

from bench.child import BenchError, free_ports
from bench.configuration import EVERYTHING, MODEL_OF_DOWN, MODEL_OF_LARGE, MODEL_OF_MOODY
from bench.dialogue import PATH, PLAIN_MODEL, PROMPT_BYTES, REQUEST_HEADERS, request_body, request_bytes
from bench.figure import Bar, Figure, measured
from bench.measures.context import Context
from bench.soak.callers import GOOD_ENDINGS, Callers, Requests
from bench.soak.census import sitecustomize
from bench.soak.footprint import (
    PER_EXCHANGES,
    Footprint,
    ask_for_census,
    growing_types,
    growth,
    read_census,
    sockets_and_files,
    state_of,
    threads_of,
)
from bench.spoken.registry import Pace
from bench.stage import Proxy

PACE = Pace(20, 400)
RELOAD_SECONDS = 5.0
QUIET_SECONDS_MAX = 60.0
QUIET_LOOKS = 4
LOOK_SECONDS = 0.5
CENSUS_SECONDS_MAX = 30.0
WARM_ROUNDS = 2
TYPES_SHOWN = 3
MUSTS = {
    "memory_bytes": ("memory", "kB", 1e3, 1_500.0),
    "sockets": ("sockets", "sockets", 1.0, 3.0),
    "open_files": ("other open files", "files", 1.0, 3.0),
    "threads": ("threads", "threads", 1.0, 3.0),
    "tasks": ("tasks that are not done", "tasks", 1.0, 3.0),
    "objects": ("live objects", "objects", 1.0, 10_000.0),
    "state_files": ("files under state", "files", 1.0, 30.0),
}
"""For each number of the footprint: its words, unit, how many bytes or pieces the unit has, and how much 100,000
exchanges may add. One leaked object in ten exchanges, or 16 bytes in each, would be more."""


def measure(context: Context) -> list[Figure]:
    """The figures: growth after the warm-up, and how the callers fared."""
    port = free_ports(1)[0]
    extras = msgspec.structs.replace(EVERYTHING, pace=PACE, failovers=1, moody_port=port)
    with (
        context.stage.fresh_folder() as folder,
        context.stage.upstream_process("moody-upstream", "bench.soak.upstream", port),
        context.stage.gateway(extras, _counting(folder)) as gateway,
    ):
        footprints, endings = uvloop.run(_rounds(context, gateway, folder))
    return figures(footprints, endings)


def figures(footprints: list[Footprint], endings: Counter[str]) -> list[Figure]:
    """What came of the rounds. The first ones warm caches and pools and count for nothing."""
    later = footprints[min(WARM_ROUNDS, len(footprints) - 2) :]
    bad = {kind: count for kind, count in endings.items() if not _is_good(kind)}
    types = growing_types(later, TYPES_SHOWN)
    grew = tuple(f"{name} grew by {value:,.0f}" for name, value in types)
    made = footprints[-1].exchanges
    return [
        Figure(
            name=f"soak of {made:,} exchanges, callers without an honest end",
            unit="callers",
            value=measured([float(sum(bad.values()))]),
            must=0,
            remarks=(*(f"{kind}: {count}" for kind, count in sorted(endings.items())),),
        ),
        *(
            Figure(
                name=f"  growth of {words} in {PER_EXCHANGES:,} exchanges",
                unit=unit,
                value=measured([growth(later, name) / per]),
                must=must,
                remarks=grew if name == "objects" else (),
            )
            for name, (words, unit, per, must) in MUSTS.items()
        ),
        *(
            Figure(
                name=f"  memory after {one.exchanges:,} exchanges",
                unit="MB",
                value=measured([one.memory_bytes / 1e6]),
                bar=Bar("soak", f"{one.exchanges:,}", "gateway"),
            )
            for one in footprints
        ),
        Figure(name="  bytes under state at the end", unit="MB", value=measured([footprints[-1].state_bytes / 1e6])),
    ]


def _is_good(kind: str) -> bool:
    who, _, ending = kind.partition(": ")
    expected = {"stranger": "status 401", "nonsense": "status 400"}.get(who)
    return ending == expected if expected else ending in GOOD_ENDINGS


def _counting(folder: Path) -> dict[str, str]:
    """Have every Python process that is started with this count its objects when it is asked to."""
    places = [str(Path(sitecustomize.__file__).parent), os.environ.get("PYTHONPATH", "")]
    return {"PYTHONPATH": os.pathsep.join(filter(None, places)), sitecustomize.FOLDER: str(folder)}


async def _rounds(context: Context, gateway: Proxy, folder: Path) -> tuple[list[Footprint], Counter[str]]:
    plan = context.plan
    footprints: list[Footprint] = []
    endings: Counter[str] = Counter()
    reloading = asyncio.create_task(_reload(gateway))
    try:
        for number in range(plan.soak_rounds):
            began_at = time.perf_counter()
            callers = Callers(gateway.plain_port, _requests(gateway), seed=number)
            await callers.make(plan.soak_exchanges)
            seconds = time.perf_counter() - began_at
            endings += callers.endings
            await _quiet(gateway)
            footprints.append(await _footprint(gateway, folder, plan.soak_exchanges * (number + 1)))
            context.say(_said(footprints[-1], plan.soak_exchanges / seconds))
    finally:
        reloading.cancel()
    return footprints, endings


def _said(one: Footprint, rate: float) -> str:
    return (
        f"soak: {one.exchanges:,} exchanges ({rate:,.0f}/s): {one.memory_bytes / 1e6:.1f} MB, {one.sockets} sockets, "
        f"{one.open_files} files, {one.threads} threads, {one.tasks} tasks, {one.objects:,} objects, "
        f"{one.state_files} files under state"
    )


async def _reload(gateway: Proxy) -> None:
    """Change the file and have it loaded, again and again."""
    assert gateway.folder is not None, "the gateway is one of ours"  # noqa: S101 - only ours are soaked
    file = gateway.folder / "mainstay.yaml"
    written = json.loads(file.read_text())
    number = 0
    while True:
        await asyncio.sleep(RELOAD_SECONDS)
        number += 1
        file.write_text(json.dumps(written | {"timeouts": {"silence_seconds": 50 + number % 2}}))
        gateway.child.process.send_signal(signal.SIGHUP)


async def _quiet(gateway: Proxy) -> None:
    """Wait until no more sockets are closed: then what is left is held on purpose, or for ever."""
    before, same, until = -1, 0, time.monotonic() + QUIET_SECONDS_MAX
    while same < QUIET_LOOKS and time.monotonic() < until:
        await asyncio.sleep(LOOK_SECONDS)
        sockets, _ = sockets_and_files(gateway.child)
        same = same + 1 if sockets == before else 0
        before = sockets


async def _footprint(gateway: Proxy, folder: Path, exchanges: int) -> Footprint:
    assert gateway.folder is not None, "the gateway is one of ours"  # noqa: S101 - only ours are soaked
    files = ask_for_census(gateway.child, folder)
    until = time.monotonic() + CENSUS_SECONDS_MAX
    while not all(file.exists() for file in files):
        gateway.child.raise_if_dead()
        if time.monotonic() > until:
            raise BenchError("the gateway did not count its objects")
        await asyncio.sleep(LOOK_SECONDS)
    counted = read_census(files)
    types: Counter[str] = Counter()
    for one in counted:
        types.update(one.types)
    sockets, open_files = sockets_and_files(gateway.child)
    state_files, state_bytes = state_of(gateway.folder / "state")
    return Footprint(
        exchanges=exchanges,
        memory_bytes=gateway.child.memory_bytes(),
        sockets=sockets,
        open_files=open_files,
        threads=threads_of(gateway.child),
        tasks=sum(one.tasks for one in counted),
        objects=sum(one.objects for one in counted),
        types=dict(types),
        state_files=state_files,
        state_bytes=state_bytes,
    )


def _requests(gateway: Proxy) -> Requests:
    port, headers = gateway.plain_port, gateway.headers(REQUEST_HEADERS) | {"connection": "close"}
    strange = headers | {"authorization": "Bearer mst_nobody"}
    size = PROMPT_BYTES["1 KB"]
    plain = request_body(PLAIN_MODEL, size)
    cached = json.dumps(json.loads(plain) | {"temperature": 0}).encode()
    return Requests(
        stream=request_bytes(port, request_body(MODEL_OF_MOODY, size, is_stream=True), PATH, headers),
        plain=request_bytes(port, plain, PATH, headers),
        failing_over=request_bytes(port, request_body(f"{MODEL_OF_DOWN}-0", size), PATH, headers),
        cached=request_bytes(port, cached, PATH, headers),
        large_stream=request_bytes(port, request_body(MODEL_OF_LARGE, size, is_stream=True), PATH, headers),
        stranger=request_bytes(port, plain, PATH, strange),
        nonsense=request_bytes(port, plain[: len(plain) // 2], PATH, headers),
    )
