"""The gateway's file for the harness."""

import msgspec

from bench.dialogue import PLAIN_MODEL, STREAM_MODEL
from bench.spoken.anthropic import DIALECT as ANTHROPIC
from bench.spoken.registry import VOICES, Pace, base_path

DOWN = "/down"
"""The base path at which the plain upstream answers 503."""
MODEL_OF_DOWN = "bench-down"
MODEL_OF_REFUSED = "bench-refused"


class Extras(msgspec.Struct, frozen=True):
    """What sets a gateway apart from the usual one. `with_token`: callers need a token, and one is made. `services`:
    what two references of the file lead to, PostgreSQL's and Redis's URLs; empty: neither is named."""

    failovers: int = 0
    pace: Pace | None = None
    workers: int = 1
    with_token: bool = False
    services: tuple[str, ...] = ()


USUAL = Extras()
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
    for number in range(extras.failovers):
        models[f"{MODEL_OF_DOWN}-{number}"] = _model("down", "plain")
        models[f"{MODEL_OF_REFUSED}-{number}"] = _model("refused", "plain")
    if pace is not None:
        for dialect in VOICES:
            upstreams[dialect] = _upstream(_url(ports.stream_upstream, base_path(dialect, pace)), dialect)
            models[model_at(dialect)] = _model(dialect)
    services = {key: f"env:{name}" for key, name in SERVICE_KEYS.items()} if extras.services else {}
    return {
        "gateway": {"listen": f"127.0.0.1:{ports.gateway}", "workers": extras.workers},
        "control": {"listen": f"127.0.0.1:{ports.control}"},
        "auth": {"callers": "tokens" if extras.with_token else "open"},
        "state": "./state",
        **services,
        "upstreams": upstreams,
        "models": models,
    }


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
