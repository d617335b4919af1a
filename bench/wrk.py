"""Saturation: wrk sends as fast as the proxy answers (closed loop, 32 connections)."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import msgspec

from bench.child import BenchError
from bench.stage import program

_REPORT = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('\\nresult {"requests":%d,"microseconds":%d,"errors":%d}\\n', summary.requests,
    summary.duration, e.connect + e.read + e.write + e.status + e.timeout))
end
"""
VARIES = "@VARIES@"
_VARYING = """
local run, number = os.time(), 0
request = function()
  number = number + 1
  return wrk.format(nil, nil, nil, [[{before}]] .. run .. "-" .. number .. [[{after}]])
end
"""
_GRACE_SECONDS = 20.0


class Outcome(msgspec.Struct, frozen=True):
    """What wrk counted. An error is a failed connection, a status that is no success, or a time-out."""

    requests: int
    microseconds: int
    errors: int

    @property
    def seconds(self) -> float:
        """How long it sent."""
        return self.microseconds / 1e6


class Ask(msgspec.Struct, frozen=True):
    """One request, to be sent over and over. Where `VARIES` stands in the body, each request says something else."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class Wrk:
    """Sends one request over and over."""

    def __init__(self, folder: Path, name: str, core: int | str, ask: Ask, *, connections: int) -> None:
        """Write the script that wrk runs."""
        self._script = folder / f"{name}.lua"
        self._core = core
        self._connections = connections
        self._path = ask.path
        headers = "".join(f"wrk.headers[ [[{name}]] ] = [[{value}]]\n" for name, value in ask.headers.items())
        before, mark, after = ask.body.decode().partition(VARIES)
        varying = f"wrk.body = [[{before}]]\n" if not mark else _VARYING.format(before=before, after=after)
        self._script.write_text(f"wrk.method = 'POST'\n{headers}{varying}{_REPORT}")

    def run(self, port: int, seconds: float) -> Outcome:
        """Send for so long (whole seconds, at least one). Raises `BenchError` if wrk does not work."""
        length = max(1, round(seconds))
        command = ["taskset", "--cpu-list", str(self._core), program("wrk"), "--threads", "1"]
        command += ["--connections", str(self._connections), "--duration", f"{length}s", "--timeout", "10s"]
        command += ["--script", str(self._script), f"http://127.0.0.1:{port}{self._path}"]
        done = subprocess.run(  # noqa: S603 - our own program, nothing from outside in the command
            command, capture_output=True, text=True, check=False, timeout=length + _GRACE_SECONDS
        )
        for line in done.stdout.splitlines():
            if line.startswith("result "):
                return msgspec.json.decode(line.removeprefix("result "), type=Outcome)
        raise BenchError(f"wrk failed: {done.stdout[-500:]} {done.stderr[-500:]}")
