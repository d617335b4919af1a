"""The gateway's file for the harness."""

from collections.abc import Iterable

import msgspec

from bench.dialogue import PLAIN_MODEL, STREAM_MODEL
from bench.spoken.anthropic import DIALECT as ANTHROPIC
from bench.spoken.plain import PLAIN
from bench.spoken.registry import VOICES, Pace, base_path
from bench.token_load import TENANT

DOWN = "/down"
"""The base path at which the plain upstream answers 503."""
MODEL_OF_DOWN = "bench-down"
MODEL_OF_MOODY, MODEL_OF_LARGE = "bench-moody", "bench-large"
LARGE = Pace(20_000, 5_000)
"""A stream of some 2.5 MB, more than the kernel keeps for a slow reader."""
SMALL_BOUNDS: dict[str, object] = {
    "drafts": {"keep_seconds": 60, "megabytes_max": 16},
    "journal": {"keep_seconds": 0, "megabytes_max": 16},
    "cache": {"megabytes_max": 8},
}
"""What is kept on disk reaches these soon, so that growth beyond them would show."""
SHORT_CLOCKS = {"first_byte_seconds": 1.0, "first_content_seconds": 1.0, "silence_seconds": 1.0}
MODEL_OF_REFUSED = "bench-refused"


REQUESTS_PER_MINUTE = 100_000_000
TOKENS_PER_MINUTE = 1_000_000_000
CONCURRENCY = 100_000
USD_PER_DAY = 1_000_000_000
"""Limits that are counted and never reached."""


class Extras(msgspec.Struct, frozen=True):
    """What sets a gateway apart from the usual one. `with_token`: callers need a token, and one is made. `services`:
    what two references of the file lead to, PostgreSQL's and Redis's URLs; empty: neither is named. `has_everything`:
    limits, prices, priorities and cache are written out, none of them so tight that it binds. `has_control`: the
    control plane runs although there are no services, and ships the journal to its own file. `moody_port`: where an
    upstream listens whose streams go wrong now and then; its clocks are short, and so is what is kept on disk."""

    failovers: int = 0
    pace: Pace | None = None
    workers: int = 1
    with_token: bool = False
    services: tuple[str, ...] = ()
    has_everything: bool = False
    has_control: bool = False
    moody_port: int = 0


USUAL = Extras()
"""Nothing is bound: open to all callers, no limits, no prices, no cache."""
EVERYTHING = Extras(with_token=True, has_everything=True)
"""What an operator can switch on is on: tokens, limits, prices, priorities, cache."""
SERVICE_KEYS = {"store": "BENCH_STORE", "shared": "BENCH_SHARED"}
"""Where the file's references lead: names of environment variables."""


class Ports(msgspec.Struct, frozen=True):
    """Who listens where; nobody listens on `nobody`."""

    plain_upstream: int
    stream_upstream: int
    nginx_plain: int
    nginx_stream: int
    gateway: int
    nobody: int
    control: int


def configuration(ports: Ports, extras: Extras = USUAL) -> dict[str, object]:
    """Everything else is at its default. Each failover has a model of its own, so that it meets a breaker that is still
    closed. With a pace there is a model for each dialect that an upstream speaks (`model_at`)."""
    pace = extras.pace
    upstreams = {
        "plain": _upstream(_url(ports.plain_upstream)),
        "stream": _upstream(_url(ports.stream_upstream)),
        "down": _upstream(_url(ports.plain_upstream, DOWN)),
        "refused": _upstream(_url(ports.nobody)),
    }
    models = {PLAIN_MODEL: _model("plain"), STREAM_MODEL: _model("stream")}
    for dialect in PLAIN:
        if dialect != ANTHROPIC:
            upstreams[f"plain-{dialect}"] = _upstream(_url(ports.plain_upstream, VOICES[dialect].base), dialect)
            models[plain_model_at(dialect)] = _model(f"plain-{dialect}")
    for number in range(extras.failovers):
        models[f"{MODEL_OF_DOWN}-{number}"] = _model("down", "plain")
        models[f"{MODEL_OF_REFUSED}-{number}"] = _model("refused", "plain")
    if pace is not None:
        for dialect in VOICES:
            upstreams[dialect] = _upstream(_url(ports.stream_upstream, base_path(dialect, pace)), dialect)
            models[model_at(dialect)] = _model(dialect)
    if extras.moody_port and pace is not None:
        upstreams["moody"] = _upstream(_url(extras.moody_port, base_path(ANTHROPIC, pace))) | {"timeouts": SHORT_CLOCKS}
        upstreams["large"] = _upstream(_url(ports.stream_upstream, base_path(ANTHROPIC, LARGE)))
        models[MODEL_OF_MOODY] = _model("moody", ANTHROPIC)
        models[MODEL_OF_LARGE] = _model("large")
        bounds = SMALL_BOUNDS
    else:
        bounds = {}
    services = {key: f"env:{name}" for key, name in SERVICE_KEYS.items()} if extras.services else {}
    return {
        "gateway": {"listen": f"127.0.0.1:{ports.gateway}", "workers": extras.workers},
        "control": {"listen": f"127.0.0.1:{ports.control}"},
        "auth": {"callers": "tokens" if extras.with_token else "open"},
        "state": "./state",
        **services,
        **bounds,
        "upstreams": {name: one | _limits(extras) for name, one in upstreams.items()},
        "models": models,
        **(_policies(models) if extras.has_everything else {}),
    }


def _limits(extras: Extras) -> dict[str, object]:
    if not extras.has_everything:
        return {}
    return {"limits": {"concurrency": CONCURRENCY, **_rates()}}


def _rates() -> dict[str, int]:
    return {
        "requests_per_minute": REQUESTS_PER_MINUTE,
        "input_tokens_per_minute": TOKENS_PER_MINUTE,
        "output_tokens_per_minute": TOKENS_PER_MINUTE,
    }


def _policies(models: Iterable[str]) -> dict[str, object]:
    """Prices, allowances of the tenant, priorities, and a cache for what is repeatable."""
    return {
        "prices": {model: {"input": 3.0, "output": 15.0, "cached_input": 0.3} for model in models},
        "tenants": {TENANT: {**_rates(), "usd_per_day": USD_PER_DAY, "weight": 2.0}},
        "workloads": {
            "default": {"priority": "interactive", "cache": {"ttl_seconds": 600, "stale_if_error_seconds": 3_600}},
            "critical": {"priority": "critical"},
            "batch": {"priority": "batch", "queue_seconds": 900},
        },
    }


def plain_model_at(dialect: str) -> str:
    """The model that the upstream of plain answers serves in this dialect."""
    return PLAIN_MODEL if dialect == ANTHROPIC else f"{PLAIN_MODEL}-at-{dialect}"


def model_at(dialect: str) -> str:
    """The model that an upstream of this dialect serves."""
    return f"bench-at-{dialect}"


def _url(port: int, path: str = "") -> str:
    return f"http://127.0.0.1:{port}{path}"


def _upstream(base_url: str, dialect: str = ANTHROPIC) -> dict[str, object]:
    credentials = [{"name": "main", "key": "env:BENCH_KEY"}]
    return {"dialect": dialect, "base_url": base_url, "region": "us-east-1", "credentials": credentials}


def _model(*upstreams: str) -> dict[str, object]:
    return {"candidates": [{"upstream": name} for name in upstreams]}
