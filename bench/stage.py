"""The stage: upstreams, nginx and the gateway, each started on its core, with the files they read."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from bench.child import BenchError, Child, free_ports, started
from bench.configuration import DOWN, REQUESTS_PER_MINUTE, SERVICE_KEYS, USUAL, Extras, Ports, configuration
from bench.dialogue import ANSWER_HEADERS, OVERLOAD, RESET, answer_body
from bench.machine import Cores
from bench.spoken.anthropic import DIALECT as ANTHROPIC
from bench.spoken.openai import ANSWER_HEADERS as OPENAI_ANSWER_HEADERS
from bench.spoken.plain import PLAIN
from bench.token_load import minted
from mainstay.wire.trust.claims import AllowanceClaim

NOTHING_MORE: Mapping[str, str] = {}
ROOT = Path(__file__).parent.parent
LOG_CHARACTERS_SHOWN = 1_000
SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where nginx may be although an ordinary user's PATH does not say so."""


class Proxy(msgspec.Struct, frozen=True):
    """One of those under comparison."""

    name: str
    child: Child
    plain_port: int
    stream_port: int
    token: str = ""
    """What lets callers in, where that takes something."""
    extra_headers: tuple[tuple[str, str], ...] = ()
    """What callers of this one have to say besides."""
    folder: Path | None = None
    """Where its file and its state are, for one of ours."""
    control: Child | None = None
    """The control plane, where one runs."""

    def headers(self, usual: Mapping[str, str]) -> dict[str, str]:
        """An SDK's usual headers, with the caller's token and whatever else this proxy wants."""
        bearer = {"authorization": f"Bearer {self.token}"} if self.token else {}
        return {**usual, **bearer, **dict(self.extra_headers)}


class Stage:
    """Knows the files and starts what a measurement needs."""

    def __init__(self, cores: Cores, folder: Path, confined_to: str = "") -> None:
        """Everything is written below `folder`. `confined_to` is a list of cores, as taskset takes it, that all
        programs share; empty: each part has its own."""
        self.cores = cores
        self.ports = Ports(*free_ports(7))
        self.load_cores: int | str = confined_to or cores.load
        self._proxy_cores: int | str = confined_to or cores.proxy
        self._upstream_cores: int | str = confined_to or cores.upstream
        self._folder = folder
        self._gateways = 0
        self._upstreams: list[Child] = []

    @contextlib.contextmanager
    def upstreams(self) -> Iterator[tuple[Child, Child]]:
        """Run both upstreams: nginx for whole answers (the fastest there is), ours for paced streams."""
        ports, core = self.ports, self._upstream_cores
        command = [sys.executable, "-m", "bench.upstream", str(ports.stream_upstream)]
        environment = _environment() | {"PYTHONPATH": str(ROOT)}
        with (
            self._nginx("upstream", core, _upstream_server(ports)) as plain,
            started("stream-upstream", command, core, self._folder, environment) as stream,
        ):
            plain.wait_for_port(ports.plain_upstream)
            stream.wait_for_port(ports.stream_upstream)
            with self._known(plain), self._known(stream):
                yield plain, stream

    @contextlib.contextmanager
    def nginx(self) -> Iterator[Proxy]:
        """Run nginx as a plain reverse proxy."""
        ports = self.ports
        with self._nginx("nginx", self._proxy_cores, _proxy_servers(ports)) as child:
            child.wait_for_port(ports.nginx_plain)
            yield Proxy("nginx", child, ports.nginx_plain, ports.nginx_stream)

    @contextlib.contextmanager
    def gateway(self, extras: Extras = USUAL, environment: Mapping[str, str] = NOTHING_MORE) -> Iterator[Proxy]:
        """Run a fresh gateway: journal, drafts, health and metrics are on, whatever the extras. Where it has services,
        or is asked to, its control plane runs too. Several may run at once, each on a port of its own."""
        with self.gateway_starting(extras, environment) as gateway:
            gateway.child.wait_for_port(gateway.plain_port)
            yield gateway

    @contextlib.contextmanager
    def gateway_starting(
        self, extras: Extras = USUAL, more_environment: Mapping[str, str] = NOTHING_MORE
    ) -> Iterator[Proxy]:
        """Start a fresh gateway and do not wait for it. What it kept is gone afterwards, for it may be much."""
        self._gateways += 1
        folder = self._folder / f"gateway-{self._gateways}"
        folder.mkdir()
        file = folder / "mainstay.yaml"
        ports = msgspec.structs.replace(self.ports, gateway=free_ports(1)[0])
        # JSON is YAML.
        file.write_text(json.dumps(configuration(ports, extras), indent=1))
        token = minted(folder / "state", 1, _allowance(extras))[0] if extras.with_token else ""
        environment = _environment() | {"BENCH_KEY": "bench-upstream"}
        environment |= dict(zip(SERVICE_KEYS.values(), extras.services, strict=False)) | dict(more_environment)
        program_file = str(Path(sys.executable).parent / "mainstay")
        with contextlib.ExitStack() as stack:
            command = [program_file, "gateway", "-c", str(file)]
            child = stack.enter_context(started("gateway", command, self._proxy_cores, folder, environment))
            control = None
            if extras.services or extras.has_control:
                command = [program_file, "control", "-c", str(file)]
                control = stack.enter_context(started("control", command, self._upstream_cores, folder, environment))
                control.wait_for_port(ports.control)
            yield Proxy("gateway", child, ports.gateway, ports.gateway, token, control=control, folder=folder)
        shutil.rmtree(folder / "state", ignore_errors=True)

    @contextlib.contextmanager
    def proxy_process(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Iterator[Child]:
        """Run somebody else's proxy where proxies run, in a clean environment with these variables besides."""
        with started(name, command, self._proxy_cores, self._folder, _environment() | dict(environment)) as child:
            yield child

    @contextlib.contextmanager
    def upstream_process(self, name: str, module: str, port: int) -> Iterator[Child]:
        """Run one more upstream of ours, a module that takes its port, where upstreams run."""
        environment = _environment() | {"PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", module, str(port)]
        with started(name, command, self._upstream_cores, self._folder, environment) as child:
            child.wait_for_port(port)
            with self._known(child):
                yield child

    def let_go(self) -> None:
        """Have every upstream that runs end the connections that rest, as providers do; nginx and ours do so when they
        are told to read their files again."""
        for child in self._upstreams:
            child.process.send_signal(signal.SIGHUP)

    @contextlib.contextmanager
    def fresh_folder(self) -> Iterator[Path]:
        """A folder that is gone afterwards."""
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            yield Path(folder)

    def result_of(self, command: Sequence[str]) -> bytes:
        """What a program of ours prints, run where the proxy runs. Raises `BenchError` if it fails."""
        pinned = ["taskset", "--cpu-list", str(self._proxy_cores), *command]
        done = subprocess.run(  # noqa: S603 - our own program, nothing from outside in the command
            pinned, capture_output=True, check=False, cwd=ROOT, env=_environment()
        )
        if done.returncode:
            raise BenchError(done.stderr.decode(errors="replace")[-LOG_CHARACTERS_SHOWN:])
        return done.stdout

    @contextlib.contextmanager
    def _known(self, upstream: Child) -> Iterator[None]:
        self._upstreams.append(upstream)
        try:
            yield
        finally:
            self._upstreams.remove(upstream)

    @contextlib.contextmanager
    def _nginx(self, name: str, core: int | str, servers: str) -> Iterator[Child]:
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        file = folder / "nginx.conf"
        file.write_text(_nginx_file(folder, servers))
        command = [program("nginx"), "-p", str(folder), "-c", str(file), "-e", "stderr"]
        with started(name, command, core, folder, _environment()) as child:
            yield child


def _allowance(extras: Extras) -> AllowanceClaim | None:
    return AllowanceClaim(requests_per_minute=REQUESTS_PER_MINUTE) if extras.has_everything else None


def has_program(name: str) -> bool:
    """Whether it is installed."""
    return _found(name) is not None


def program(name: str) -> str:
    """The path of an installed program. Raises `BenchError` where there is none."""
    found = _found(name)
    if found is None:
        raise BenchError(f"{name} is not installed; scripts/install-bench-tools installs it on Debian")
    return found


def _found(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path=SYSTEM_FOLDERS)


def _environment() -> dict[str, str]:
    """A clean environment: above all without proxies."""
    kept = ("PATH", "LANG", "PYTHONPATH", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in kept if name in os.environ}


def _nginx_file(folder: Path, servers: str) -> str:
    temporary = "".join(
        f" {kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # Large bodies stay in memory, connections are kept, nothing is logged: nginx at its best.
    return f"""worker_processes 1; daemon off; error_log stderr; pid {folder}/nginx.pid;
events {{ worker_connections 16384; }}
http {{
 access_log off; keepalive_requests 100000000; client_body_buffer_size 256k;{temporary}
{servers}
}}
"""


def _upstream_server(ports: Ports) -> str:
    """Fixed answers, each at the path of its dialect. nginx fills in the present instant where a limit is reset."""
    fields = {name: "$time_iso8601" if value == RESET else value for name, value in ANSWER_HEADERS.items()}
    headers = " ".join(f"add_header {name} {value};" for name, value in fields.items())
    openai = " ".join(f"add_header {name} {value};" for name, value in OPENAI_ANSWER_HEADERS.items())
    others = "\n".join(
        f"  location = {PLAIN[dialect].path} {{ {openai} return 200 '{PLAIN[dialect].answer()}'; }}"
        for dialect in PLAIN
        if dialect != ANTHROPIC
    )
    return f""" server {{
  listen 127.0.0.1:{ports.plain_upstream} backlog=4096; default_type application/json;
  location / {{ {headers} return 200 '{answer_body()}'; }}
{others}
  location {DOWN}/ {{ {headers} return 503 '{OVERLOAD}'; }}
 }}"""


def _proxy_servers(ports: Ports) -> str:
    return "\n".join(
        f""" upstream {name} {{ server 127.0.0.1:{upstream}; keepalive 4096; keepalive_requests 100000000; }}
 server {{
  listen 127.0.0.1:{port} backlog=4096;
  location / {{ proxy_pass http://{name}; proxy_http_version 1.1; proxy_set_header Connection ""; {buffering} }}
 }}"""
        for name, upstream, port, buffering in (
            ("plain", ports.plain_upstream, ports.nginx_plain, ""),
            ("stream", ports.stream_upstream, ports.nginx_stream, "proxy_buffering off;"),
        )
    )
