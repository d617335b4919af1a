"""A real redis-server (or valkey-server) of a test's own: on a loopback port, in its own folder, gone afterwards."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

BINARIES = ("redis-server", "valkey-server")
START_SECONDS_MAX = 20.0
TURN_SECONDS = 0.02


def redis_binary() -> str:
    """Skips the test where there is none; in CI that is a failure."""
    for name in BINARIES:
        found = shutil.which(name)
        if found is not None:
            return found
    message = "needs redis-server or valkey-server"
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(message)
    pytest.skip(message)


class RedisServer:
    """One server; nothing of it is kept on disk. Used as a context manager."""

    def __init__(self, password: str = "", *options: str) -> None:
        """`options` are further ones of the command line, as `"--maxmemory", "1mb"`."""
        self.password = password
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="mainstay-redis-")
        self.port = free_port()

    @property
    def url(self) -> str:
        """As under `shared:`."""
        return f"redis://{f':{self.password}@' if self.password else ''}127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self._folder.cleanup()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._folder.cleanup()

    def start(self) -> None:
        """Start it (again) and wait until it answers."""
        command = [redis_binary(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        command += ["--dir", self._folder.name, *self._options]
        if self.password:
            command += ["--requirepass", self.password]
        log = (Path(self._folder.name) / "log").open("wb")
        with log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - our own words
        self._wait()

    def pause(self) -> None:
        """It keeps its connections and answers nothing (SIGSTOP)."""
        self._living().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """It goes on."""
        self._living().send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """It is gone at once, paused or not."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        """It comes back on the same port, with nothing in it."""
        self.kill()
        self.start()

    def ask(self, *words: str) -> bytes:
        """One command by hand; gives the first bytes of the raw answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=START_SECONDS_MAX) as connection:
            if self.password:
                connection.sendall(_command("AUTH", self.password))
                connection.recv(65_536)
            connection.sendall(_command(*words))
            return connection.recv(65_536)

    def _living(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "the server does not run"
        return self._process

    def _wait(self) -> None:
        process = self._living()
        for _ in range(int(START_SECONDS_MAX / TURN_SECONDS)):
            try:
                if self.ask("PING").startswith(b"+PONG"):
                    return
            except OSError:
                pass
            try:
                process.wait(TURN_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            break
        log = (Path(self._folder.name) / "log").read_text(errors="replace")
        pytest.fail(f"the server did not start: {log[-2000:]}")


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _command(*words: str) -> bytes:
    parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
    return f"*{len(words)}\r\n{''.join(parts)}".encode()
