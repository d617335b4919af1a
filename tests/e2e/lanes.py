"""The configuration of the gateway under test: many models over a few fake providers.

Breakers, gates and retry budgets are shared by all requests of a gateway, so a test that breaks something takes a lane
of its own: a model name that no other test uses. Breakers and throttling belong to (upstream, model); account trouble
and retry budgets belong to an upstream, so tests about those take a lane with upstreams of its own.

All candidates of a lane speak one dialect, so that no request of that dialect is ever translated.
"""

from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path

import msgspec

DIALECTS = ("anthropic", "openai-chat")
Tree = str | int | float | bool | None | list["Tree"] | dict[str, "Tree"]

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
    PRIVATE = "private"
    """As above; the only kind that a gateway with a small file knows."""
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
    LaneKind.SHARED: 320,
    LaneKind.PRIVATE: 10,
    LaneKind.HASTY: 24,
    LaneKind.SILENT: 52,
    LaneKind.OWN: 36,
    LaneKind.SOLO: 28,
    LaneKind.TWO_KEYS: 8,
    LaneKind.EXACT: 44,
    LaneKind.REPEAT: 44,
    LaneKind.RESTART: 44,
    LaneKind.CONTRADICT: 12,
}
"""For each dialect."""
CONTINUING = (LaneKind.EXACT, LaneKind.REPEAT, LaneKind.RESTART, LaneKind.CONTRADICT)
"""Kinds whose standby is named after how it continues an answer."""
PRIMARY_CLOCKS: Mapping[LaneKind, Tree] = {
    LaneKind.HASTY: SHORT_CLOCKS,
    LaneKind.SILENT: SILENCE_CLOCKS,
    **dict.fromkeys(CONTINUING, SILENCE_CLOCKS),
}


class Lane(msgspec.Struct, frozen=True):
    """A model of the gateway, and its upstreams: the first choice and the second."""

    dialect: str
    model: str
    primary: str
    standby: str


class LanePool:
    """Gives each lane once."""

    def __init__(self) -> None:
        self._left: dict[tuple[str, LaneKind], Iterator[Lane]] = {
            (dialect, kind): iter([_lane(dialect, kind, number) for number in range(count)])
            for dialect in DIALECTS
            for kind, count in COUNTS.items()
        }

    def take(self, dialect: str, kind: LaneKind = LaneKind.SHARED) -> Lane:
        """A lane that nobody has used yet."""
        lane = next(self._left[dialect, kind], None)
        assert lane is not None, f"all {COUNTS[kind]} lanes of the kind {kind.value!r} are taken: raise COUNTS"
        return lane


def renamed(dialect: str) -> str:
    """A model that its only upstream knows by the name `the/other:name`."""
    return f"renamed-{dialect}"


def _lane(dialect: str, kind: LaneKind, number: int) -> Lane:
    name = f"{kind.value}-{dialect}-{number}"
    match kind:
        case LaneKind.SHARED | LaneKind.PRIVATE | LaneKind.HASTY | LaneKind.SILENT:
            return Lane(dialect, name, f"primary-{dialect}", f"standby-{dialect}")
        case LaneKind.OWN | LaneKind.SOLO | LaneKind.TWO_KEYS:
            return Lane(dialect, name, f"{name}-primary", f"{name}-standby")
        case _:
            return Lane(dialect, name, f"primary-{dialect}", f"standby-{kind.value}-{dialect}")


def configuration(port: int, state: Path, urls: Mapping[str, str]) -> bytes:
    """The file. `urls` are the base URLs of the providers by name: `primary`, `standby` and those of `CONTINUING`."""
    upstreams: dict[str, Tree] = {}
    models: dict[str, Tree] = {}
    for dialect in DIALECTS:
        upstreams |= _usual_upstreams(dialect, urls)
        for kind in CONTINUING:
            upstreams[f"standby-{kind.value}-{dialect}"] = _upstream(dialect, urls[kind.value])
        for kind, count in COUNTS.items():
            for lane in (_lane(dialect, kind, number) for number in range(count)):
                upstreams |= _own_upstreams(lane, kind, urls)
                models[lane.model] = {"candidates": _candidates(lane, kind)}
        models[renamed(dialect)] = {"candidates": [{"upstream": f"primary-{dialect}", "model": "the/other:name"}]}
    return _file(port, state, upstreams, models)


def small_configuration(port: int, state: Path, urls: Mapping[str, str]) -> bytes:
    """A file that is read sooner: it has lanes of `LaneKind.PRIVATE` alone."""
    upstreams: dict[str, Tree] = {}
    models: dict[str, Tree] = {}
    for dialect in DIALECTS:
        upstreams |= _usual_upstreams(dialect, urls)
        for number in range(COUNTS[LaneKind.PRIVATE]):
            lane = _lane(dialect, LaneKind.PRIVATE, number)
            models[lane.model] = {"candidates": _candidates(lane, LaneKind.PRIVATE)}
    return _file(port, state, upstreams, models | {"listed": {"candidates": [{"upstream": "primary-anthropic"}]}})


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


def _usual_upstreams(dialect: str, urls: Mapping[str, str]) -> dict[str, Tree]:
    return {f"{name}-{dialect}": _upstream(dialect, urls[name]) for name in ("primary", "standby")}


def _own_upstreams(lane: Lane, kind: LaneKind, urls: Mapping[str, str]) -> dict[str, Tree]:
    """The upstreams that no other lane has."""
    found: dict[str, Tree] = {}
    if kind in {LaneKind.OWN, LaneKind.SOLO, LaneKind.TWO_KEYS}:
        found[lane.primary] = _upstream(lane.dialect, urls["primary"], spare=kind is LaneKind.TWO_KEYS)
    if kind is LaneKind.OWN:
        found[lane.standby] = _upstream(lane.dialect, urls["standby"])
    return found


def _upstream(dialect: str, url: str, *, spare: bool = False) -> Tree:
    credentials: list[Tree] = [{"name": "main", "key": f"env:{KEY_VARIABLE}"}]
    if spare:
        credentials.append({"name": "spare", "key": f"env:{SPARE_KEY_VARIABLE}"})
    base_url = url if dialect == "anthropic" else f"{url}/v1"
    return {"dialect": dialect, "base_url": base_url, "credentials": credentials}


def _candidates(lane: Lane, kind: LaneKind) -> Tree:
    first: dict[str, Tree] = {"upstream": lane.primary}
    if kind in PRIMARY_CLOCKS:
        first["timeouts"] = PRIMARY_CLOCKS[kind]
    if kind in {LaneKind.SOLO, LaneKind.TWO_KEYS}:
        return [first]
    return [first, {"upstream": lane.standby}]
