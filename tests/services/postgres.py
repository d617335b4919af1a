"""A PostgreSQL server of the tests' own, on a port of its own: started, paused, killed, started again."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final, Self

import psycopg
import pytest

from tests.conftest import IS_CI
from tests.services.processes import children, send

BINARIES: Final = "/usr/lib/postgresql"
"""Where Debian keeps them, one folder per version, outside of PATH."""
USER: Final = "mainstay"
PASSWORD: Final = "canary-of-the-store"
READY_SECONDS: Final = 60.0
STOP_SECONDS: Final = 20.0
GLANCE_SECONDS: Final = 0.02

SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",  # what a test writes need not outlive the machine
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "log_min_messages": "fatal",
}

_numbers = count(1)


def binaries() -> Path | None:
    """The folder with `initdb` and `postgres`, of the newest version there is."""
    found = shutil.which("postgres")
    if found and shutil.which("initdb"):
        return Path(found).parent
    folders = [one.parent for one in Path(BINARIES).glob("*/bin/postgres") if (one.parent / "initdb").exists()]
    return max(folders, key=lambda one: float(one.parent.name), default=None)


def binaries_or_skip() -> Path:
    """As `binaries`; skips the test without them, and fails it in CI, where nothing may be left out."""
    found = binaries()
    if found is None:
        message = "PostgreSQL is not installed here (on Debian: apt-get install postgresql)"
        if IS_CI:
            pytest.fail(message)
        pytest.skip(message)
    return found


class PostgresServer:
    """A context manager; inside of it the server runs, unless it was paused or killed."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._user = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
        self._process: subprocess.Popen[bytes] | None = None
        self._paused: list[int] = []
        self.port = _free_port()

    def __enter__(self) -> Self:
        # Not below pytest's folder, through which only root may go.
        self._folder = Path(tempfile.mkdtemp(prefix="mainstay-postgres-"))
        try:
            secret = self._folder / "password"
            secret.write_text(PASSWORD)
            if self._user is not None:
                account = pwd.getpwnam(self._user)
                for path in (self._folder, secret):
                    os.chown(path, account.pw_uid, account.pw_gid)
            arguments = ["-A", "scram-sha-256", "-U", USER, "--pwfile", str(secret), "--no-sync"]
            self._run("initdb", "-D", str(self._data), "-E", "UTF8", "--locale=C", *arguments)
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self.resume()
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        self._remove()

    def dsn(self, database: str = "postgres") -> str:
        """How to reach a database of this server; holds the password."""
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Do something behind everybody's back."""
        with psycopg.connect(self.dsn(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return list(cursor.fetchall()) if cursor.description else []

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """A new database of its own, a copy of another one (which nobody uses) where one is given; gives the DSN."""
        name = f"test_{next(_numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.dsn(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def start(self) -> None:
        """Start it (again, after `kill`) and wait until it answers."""
        settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        with (self._folder / "log.txt").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the server of this test
                [self._programs / "postgres", "-D", str(self._data), "-p", str(self.port), *settings],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                user=self._user,
                group=self._user,
                extra_groups=[] if self._user else None,
            )
        deadline = time.monotonic() + READY_SECONDS
        while not self._answers():
            assert self._process.poll() is None, (self._folder / "log.txt").read_text()
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(GLANCE_SECONDS)

    def pause(self) -> None:
        """Stop the server and everything that works for it, as SIGSTOP does: connections stay open and silent."""
        assert self._process is not None
        send([self._process.pid], signal.SIGSTOP)  # first, so that it begins no further process
        workers = children(self._process.pid)
        send(workers, signal.SIGSTOP)
        self._paused = [*workers, self._process.pid]

    def resume(self) -> None:
        """End the pause. Harmless where there is none."""
        send(self._paused, signal.SIGCONT)
        self._paused = []

    def kill(self) -> None:
        """As `kill -9` of the server and everything that works for it."""
        assert self._process is not None
        send([self._process.pid], signal.SIGSTOP)
        send([*children(self._process.pid), self._process.pid], signal.SIGKILL)
        self._process.wait(STOP_SECONDS)
        self._process, self._paused = None, []

    def restart(self) -> None:
        """Kill it and start it again on the same port, with what was committed."""
        self.kill()
        self.start()

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        groups: list[str | int] | None = [] if self._user else None
        done = subprocess.run(  # noqa: S603 - the server of this test
            command, check=False, capture_output=True, user=self._user, group=self._user, extra_groups=groups
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.dsn(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for the whole run of tests."""
    with PostgresServer(binaries_or_skip()) as server:
        yield server


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> Iterator[str]:
    """The DSN of an empty database."""
    with postgres_server.database() as dsn:
        yield dsn


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
