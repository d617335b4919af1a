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
from bench.soak.callers import GOOD_ENDINGS, WORKERS, Callers, Requests
from bench.soak.census import sitecustomize
from bench.soak.footprint import (
    PER_EXCHANGES,
    Footprint,
    ask_for_census,
    blur,
    growing_types,
    growth,
    read_census,
    sockets_and_files,
    state_of,
    threads_of,
)
from bench.spoken.registry import Pace
from bench.stage import Proxy
from mainstay.gateway.drafts.index import Entry

PACE = Pace(20, 400)
RELOAD_SECONDS = 5.0
QUIET_SECONDS_MAX = 60.0
QUIET_LOOKS = 4
LOOK_SECONDS = 0.3
CENSUS_SECONDS_MAX = 30.0
WARM_SHARE = 0.4
"""So much of the soak warms the gateway and counts for nothing: what is remembered by the second (heads of responses,
limits as they were told) needs some minutes to reach its bounds, the journal and the drafts theirs."""
TYPES_SHOWN = 3
LINES_SHOWN = 3
KEPT_MAX = 3 * WORKERS
"""Three upstreams listen, and no caller needs two connections to one of them at once."""
USUAL_LINE = "reload: "
DRAFT_ENTRY = f"{Entry.__module__}.{Entry.__qualname__}"


class Must(msgspec.Struct, frozen=True):
    """What a number of the footprint is, of how many bytes or pieces its unit is, how many of these 100,000 exchanges
    may add, and by how many it may be off at one look although nothing leaks."""

    words: str
    unit: str
    per: float
    most: float
    resolution: float


MUSTS = {
    "memory_bytes": Must("memory", "kB", 1e3, 1_500, 1_000),
    "blocks": Must("Python's blocks of memory", "blocks", 1, 10_000, 5_000),
    "objects": Must("live objects", "objects", 1, 10_000, 1_000),
    "tasks": Must("tasks that are not done", "tasks", 1, 3, 1),
    "sockets": Must("sockets", "sockets", 1, 3, 1),
    "open_files": Must("other open files", "files", 1, 3, 1),
    "threads": Must("threads", "threads", 1, 3, 1),
    "state_files": Must("files under state", "files", 1, 3, 2),
    "forgotten_drafts": Must("drafts that no index has", "drafts", 1, 3, 2),
    "control_memory_bytes": Must("the control plane's memory", "kB", 1e3, 1_500, 1_000),
}
"""One leaked object in ten exchanges, or 16 bytes in each, would be more."""


def measure(context: Context) -> list[Figure]:
    """The figures: growth after the warm-up, and how the callers fared."""
    port = free_ports(1)[0]
    # Without a control plane nobody ships the journal, which then stands still at its bound.
    extras = msgspec.structs.replace(EVERYTHING, has_control=True, pace=PACE, failovers=1, moody_port=port)
    with (
        context.stage.fresh_folder() as folder,
        context.stage.upstream_process("moody-upstream", "bench.soak.upstream", port),
        context.stage.gateway(extras, _counting(folder)) as gateway,
    ):
        footprints, endings = uvloop.run(_rounds(context, gateway, folder))
        troubles = gateway.child.said(USUAL_LINE)
    return figures(footprints, endings, troubles)


def figures(footprints: list[Footprint], endings: Counter[str], troubles: list[str]) -> list[Figure]:
    """What came of the rounds, and what the gateway said meanwhile. The first rounds count for nothing."""
    later = footprints[round(WARM_SHARE * len(footprints)) :]
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
        Figure(
            name="  lines of trouble that the gateway said",
            unit="lines",
            value=measured([float(len(troubles))]),
            must=0,
            remarks=tuple(troubles[:LINES_SHOWN]),
        ),
        *(
            Figure(
                name=f"  growth of {must.words} in {PER_EXCHANGES:,} exchanges",
                unit=must.unit,
                value=measured([growth(later, name) / must.per]),
                must=round(must.most + blur(later, must.resolution)),
                remarks=grew if name == "objects" else (),
            )
            for name, must in MUSTS.items()
        ),
        Figure(
            name="  most connections kept for an upstream's next requests",
            unit="connections",
            value=measured([float(max(one.kept_connections for one in footprints))]),
            must=KEPT_MAX,
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
            kept = await _quiet(gateway)
            # What the gateway keeps for its next requests must go when the other end does.
            context.stage.let_go()
            left = await _quiet(gateway)
            exchanges = plan.soak_exchanges * (number + 1)
            footprints.append(await _footprint(gateway, folder, exchanges, kept - left))
            context.say(_said(footprints[-1], plan.soak_exchanges / seconds))
    finally:
        reloading.cancel()
    return footprints, endings


def _said(one: Footprint, rate: float) -> str:
    return (
        f"soak: {one.exchanges:,} exchanges ({rate:,.0f}/s): {one.memory_bytes / 1e6:.1f} MB, {one.sockets} sockets "
        f"({one.kept_connections} more were kept), "
        f"{one.open_files} files, {one.threads} threads, {one.tasks} tasks, {one.objects:,} objects, "
        f"{one.blocks:,} blocks, {one.drafts} drafts ({one.forgotten_drafts} forgotten), {one.state_files} other files "
        f"under state; control plane {one.control_memory_bytes / 1e6:.1f} MB"
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


async def _quiet(gateway: Proxy) -> int:
    """Wait until no more sockets are closed: then what is left is held on purpose, or for ever. How many that are."""
    before, same, until = -1, 0, time.monotonic() + QUIET_SECONDS_MAX
    while same < QUIET_LOOKS and time.monotonic() < until:
        await asyncio.sleep(LOOK_SECONDS)
        sockets, _ = sockets_and_files(gateway.child)
        same = same + 1 if sockets == before else 0
        before = sockets
    return before


async def _footprint(gateway: Proxy, folder: Path, exchanges: int, kept: int) -> Footprint:
    assert gateway.folder is not None, "the gateway is one of ours"  # noqa: S101 - only ours are soaked
    assert gateway.control is not None, "it was asked for"  # noqa: S101 - above
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
    drafts, state_files, state_bytes = state_of(gateway.folder / "state")
    return Footprint(
        exchanges=exchanges,
        memory_bytes=gateway.child.memory_bytes(),
        control_memory_bytes=gateway.control.memory_bytes(),
        sockets=sockets,
        kept_connections=kept,
        open_files=open_files,
        threads=threads_of(gateway.child),
        tasks=sum(one.tasks for one in counted),
        objects=sum(one.objects for one in counted),
        blocks=sum(one.blocks for one in counted),
        types=dict(types),
        drafts=drafts,
        forgotten_drafts=drafts - types[DRAFT_ENTRY],
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
