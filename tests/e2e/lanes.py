"""The configuration of the gateway under test: many models over a few fake providers.

Breakers, gates and retry budgets are shared by all requests of a gateway, so a test that breaks something takes a lane
of its own: a model name that no other test uses. Breakers and throttling belong to (upstream, model); account trouble
and retry budgets belong to an upstream, so tests about those take a lane with upstreams of its own.
"""

from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path

import msgspec

DIALECTS = ("anthropic", "openai-chat")
Tree = str | int | float | bool | list["Tree"] | dict[str, "Tree"]

KEY_VARIABLE = "LAB_PROVIDER_KEY"
KEY = "key-of-the-gateway"
SPARE_KEY_VARIABLE = "LAB_PROVIDER_SPARE_KEY"
SPARE_KEY = "spare-key-of-the-gateway"
KEYS = {KEY_VARIABLE: KEY, SPARE_KEY_VARIABLE: SPARE_KEY}

FIRST_BYTE_SECONDS = 10.0
CLOCKS: Tree = {
    "connect_seconds": 5,
    "first_byte_seconds": FIRST_BYTE_SECONDS,
    "first_content_seconds": 10,
    "silence_seconds": 10,
}
"""Generous, so that a slow machine changes no outcome."""
SHORT_CLOCKS: Tree = {
    "first_byte_seconds": 0.3,
    "first_content_seconds": 0.3,
    "silence_seconds": 0.3,
    "plain_answer_seconds": 0.3,
}
"""For a primary that is meant to be given up before it has said anything."""
SILENCE_CLOCKS: Tree = {"silence_seconds": 0.7, "plain_answer_seconds": 0.3}
"""For a primary that is meant to be given up in the middle of its answer."""
DEADLINE_SECONDS = 20.0
BRIEF_SECONDS = 1.5
WORKLOADS: Tree = {
    "default": {"deadline_seconds": DEADLINE_SECONDS},
    "brief": {"deadline_seconds": BRIEF_SECONDS},
    "buffered": {"deadline_seconds": DEADLINE_SECONDS, "recovery": "buffer"},
    "durable": {"deadline_seconds": DEADLINE_SECONDS, "durable": True},
    "live": {"deadline_seconds": DEADLINE_SECONDS, "tool_streaming": "live"},
}


class LaneKind(Enum):
    """Who serves a lane, and whether its upstreams are its own."""

    SHARED = "shared"
    """Primary and standby; the upstreams are shared with other lanes."""
    HASTY = "hasty"
    """As above; the primary is given up where it does not begin at once."""
    SILENT = "silent"
    """As above; the primary is given up where it falls silent."""
    OWN = "own"
    """Primary and standby, upstreams of its own."""
    SOLO = "solo"
    """The primary alone, an upstream of its own."""
    TWO_KEYS = "two-keys"
    """As `SOLO`, with two credentials."""
    EXACT = "exact"
    """As `SILENT`, with a standby that continues exactly; the others alike."""
    REPEAT = "repeat"
    RESTART = "restart"
    CONTRADICT = "contradict"


COUNTS: Mapping[LaneKind, int] = {
    LaneKind.SHARED: 600,
    LaneKind.HASTY: 40,
    LaneKind.SILENT: 100,
    LaneKind.OWN: 60,
    LaneKind.SOLO: 50,
    LaneKind.TWO_KEYS: 10,
    LaneKind.EXACT: 85,
    LaneKind.REPEAT: 85,
    LaneKind.RESTART: 85,
    LaneKind.CONTRADICT: 20,
}
CONTINUING = (LaneKind.EXACT, LaneKind.REPEAT, LaneKind.RESTART, LaneKind.CONTRADICT)
"""Kinds whose standby is named after how it continues an answer."""
PRIMARY_CLOCKS: Mapping[LaneKind, Tree] = {
    LaneKind.HASTY: SHORT_CLOCKS,
    LaneKind.SILENT: SILENCE_CLOCKS,
    **dict.fromkeys(CONTINUING, SILENCE_CLOCKS),
}


class Lane(msgspec.Struct, frozen=True):
    """A model of the gateway, and how the names of its upstreams begin."""

    model: str
    primary_stem: str
    standby_stem: str

    def primary(self, dialect: str) -> str:
        """The upstream of the first choice."""
        return f"{self.primary_stem}-{dialect}"

    def standby(self, dialect: str) -> str:
        """The upstream of the second choice."""
        return f"{self.standby_stem}-{dialect}"


class LanePool:
    """Gives each lane once."""

    def __init__(self) -> None:
        self._left: dict[LaneKind, Iterator[Lane]] = {
            kind: iter([_lane(kind, number) for number in range(count)]) for kind, count in COUNTS.items()
        }

    def take(self, kind: LaneKind = LaneKind.SHARED) -> Lane:
        """A lane that nobody has used yet."""
        lane = next(self._left[kind], None)
        assert lane is not None, f"all {COUNTS[kind]} lanes of the kind {kind.value!r} are taken: raise COUNTS"
        return lane


def _lane(kind: LaneKind, number: int) -> Lane:
    name = f"{kind.value}-{number}"
    match kind:
        case LaneKind.SHARED | LaneKind.HASTY | LaneKind.SILENT:
            return Lane(name, "primary", "standby")
        case LaneKind.OWN | LaneKind.SOLO | LaneKind.TWO_KEYS:
            return Lane(name, f"{name}-primary", f"{name}-standby")
        case _:
            return Lane(name, "primary", f"standby-{kind.value}")


def configuration(port: int, state: Path, urls: Mapping[str, str]) -> bytes:
    """The file. `urls` are the base URLs of the providers by name: `primary`, `standby` and those of `CONTINUING`."""
    upstreams = _usual_upstreams(urls)
    for kind in CONTINUING:
        upstreams |= _upstreams(f"standby-{kind.value}", urls[kind.value])
    models: dict[str, Tree] = {}
    for kind, count in COUNTS.items():
        for number in range(count):
            lane = _lane(kind, number)
            if kind in {LaneKind.OWN, LaneKind.SOLO, LaneKind.TWO_KEYS}:
                spare = kind is LaneKind.TWO_KEYS
                upstreams |= _upstreams(lane.primary_stem, urls["primary"], spare=spare)
            if kind is LaneKind.OWN:
                upstreams |= _upstreams(lane.standby_stem, urls["standby"])
            models[lane.model] = {"candidates": _candidates(lane, kind)}
    models["renamed"] = {"candidates": [{"upstream": f"primary-{one}", "model": "the/other:name"} for one in DIALECTS]}
    return _file(port, state, upstreams, models)


def small_configuration(port: int, state: Path, urls: Mapping[str, str]) -> bytes:
    """A file that is read sooner: every lane is served as one of `LaneKind.SHARED`."""
    models: dict[str, Tree] = {"*": {"candidates": _candidates(_lane(LaneKind.SHARED, 0), LaneKind.SHARED)}}
    return _file(port, state, _usual_upstreams(urls), models | {"listed": models["*"]})


def _file(port: int, state: Path, upstreams: dict[str, Tree], models: dict[str, Tree]) -> bytes:
    tree: Tree = {
        "gateway": {"listen": f"127.0.0.1:{port}"},
        "control": {"listen": "127.0.0.1:0"},
        "state": str(state),
        "upstreams": upstreams,
        "models": models,
        "workloads": WORKLOADS,
        "timeouts": CLOCKS,
    }
    return msgspec.json.encode(tree)  # JSON is YAML, too


def _usual_upstreams(urls: Mapping[str, str]) -> dict[str, Tree]:
    return _upstreams("primary", urls["primary"]) | _upstreams("standby", urls["standby"])


def _upstreams(stem: str, url: str, *, spare: bool = False) -> dict[str, Tree]:
    """One upstream per dialect at the same place."""
    credentials: list[Tree] = [{"name": "main", "key": f"env:{KEY_VARIABLE}"}]
    if spare:
        credentials.append({"name": "spare", "key": f"env:{SPARE_KEY_VARIABLE}"})
    urls = {"anthropic": url, "openai-chat": f"{url}/v1"}
    return {
        f"{stem}-{dialect}": {"dialect": dialect, "base_url": base, "credentials": credentials}
        for dialect, base in urls.items()
    }


def _candidates(lane: Lane, kind: LaneKind) -> Tree:
    candidates: list[Tree] = []
    for dialect in DIALECTS:
        first: dict[str, Tree] = {"upstream": lane.primary(dialect)}
        if kind in PRIMARY_CLOCKS:
            first["timeouts"] = PRIMARY_CLOCKS[kind]
        candidates.append(first)
        if kind not in {LaneKind.SOLO, LaneKind.TWO_KEYS}:
            candidates.append({"upstream": lane.standby(dialect)})
    return candidates
