"""Saturation: wrk sends as fast as the proxy answers (closed loop, 32 connections)."""

import subprocess
from pathlib import Path

import msgspec

from bench.child import BenchError
from bench.dialogue import PATH, REQUEST_HEADERS
from bench.stage import program

_REPORT = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('\\nresult {"requests":%d,"microseconds":%d,"errors":%d}\\n', summary.requests,
    summary.duration, e.connect + e.read + e.write + e.status + e.timeout))
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


class Wrk:
    """Sends one request over and over."""

    def __init__(
        self, folder: Path, name: str, core: int | str, body: bytes, *, connections: int, token: str = ""
    ) -> None:
        """Write the script that wrk runs. `token` is the caller's own; empty for the SDK's usual words."""
        self._script = folder / f"{name}.lua"
        self._core = core
        self._connections = connections
        fields = REQUEST_HEADERS | ({"authorization": f"Bearer {token}"} if token else {})
        headers = "".join(f"wrk.headers[ [[{name}]] ] = [[{value}]]\n" for name, value in fields.items())
        self._script.write_text(f"wrk.method = 'POST'\nwrk.body = [[{body.decode()}]]\n{headers}{_REPORT}")

    def run(self, port: int, seconds: float) -> Outcome:
        """Send for so long (whole seconds, at least one). Raises `BenchError` if wrk does not work."""
        length = max(1, round(seconds))
        command = ["taskset", "--cpu-list", str(self._core), program("wrk"), "--threads", "1"]
        command += ["--connections", str(self._connections), "--duration", f"{length}s", "--timeout", "10s"]
        command += ["--script", str(self._script), f"http://127.0.0.1:{port}{PATH}"]
        done = subprocess.run(  # noqa: S603 - our own program, nothing from outside in the command
            command, capture_output=True, text=True, check=False, timeout=length + _GRACE_SECONDS
        )
        for line in done.stdout.splitlines():
            if line.startswith("result "):
                return msgspec.json.decode(line.removeprefix("result "), type=Outcome)
        raise BenchError(f"wrk failed: {done.stdout[-500:]} {done.stderr[-500:]}")
