"""A process under measurement: started on one core, asked for its CPU time and memory, always ended."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

STOP_SECONDS = 5.0
START_SECONDS = 15.0
LOG_LINES_SHOWN = 15
TCP_LOCAL, TCP_STATE, TCP_INODE = 1, 3, 9
"""Fields of a line of /proc/PID/net/tcp."""
TCP_ESTABLISHED = "01"


class BenchError(Exception):
    """Something that had to work for the measurement did not."""


class Child:
    """One started process and its descendants."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        """Take over a started process."""
        self.name = name
        self.process = process
        self._log = log

    def cpu_seconds(self) -> float:
        """CPU time so far of all threads of the process and its descendants, user and system.

        From the scheduler's own account (nanoseconds; /proc/PID/task/TID/schedstat): the ticks of /proc/PID/stat would
        be coarse for short measurements. Threads that have ended no longer count; none of ours end while measured.
        """
        self.raise_if_dead()
        total = 0
        for pid in self.pids():
            for task in Path(f"/proc/{pid}/task").iterdir():
                with contextlib.suppress(FileNotFoundError):
                    total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def memory_bytes(self) -> int:
        """Resident memory of the process and its descendants."""
        self.raise_if_dead()
        page = os.sysconf("SC_PAGE_SIZE")
        return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.pids()) * page

    def raise_if_dead(self) -> None:
        """Raise `BenchError` with the end of its log if the process has ended by itself."""
        if self.process.poll() is not None:
            tail = "\n".join(self._log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:])
            raise BenchError(f"{self.name} ended with status {self.process.returncode}:\n{tail}")

    def said(self, usual: str) -> list[str]:
        """The lines of its log, without those that have these words in them."""
        return [line for line in self._log.read_text(errors="replace").splitlines() if usual not in line]

    def wait_for_port(self, port: int) -> None:
        """Wait until something listens there. Raises `BenchError` if nothing does in time."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            self.raise_if_dead()
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                time.sleep(0.01)
            else:
                return
        raise BenchError(f"{self.name} did not listen within {START_SECONDS:.0f} s")

    def pids(self) -> Iterator[int]:
        """The process and its descendants, the process first."""
        waiting = [self.process.pid]
        while waiting:
            pid = waiting.pop()
            yield pid
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                waiting += [int(child) for child in children.read_text().split()]

    def stop(self) -> None:
        """End the process: politely, then not."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@contextlib.contextmanager
def started(
    name: str, command: Sequence[str], core: int | str, folder: Path, environment: Mapping[str, str]
) -> Iterator[Child]:
    """Run a command on one core (or on a list of them, as taskset takes it) for the length of the block; what it says
    goes to a file in `folder`."""
    log = folder / f"{name}.log"
    with log.open("ab") as output:
        pinned = ["taskset", "--cpu-list", str(core), *command]
        process = subprocess.Popen(  # noqa: S603 - our own programs, nothing from outside in the command
            pinned, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    child = Child(name, process, log)
    try:
        yield child
    finally:
        child.stop()


def tell(line: str) -> None:
    """Say something beside the result."""
    sys.stderr.write(f"{line}\n")


def thread_cpu_seconds(thread: threading.Thread) -> float:
    """CPU time so far of one thread of ours, user and system, as the scheduler counts it."""
    return int(Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text().split()[0]) / 1e9


def connections_of(pid: int, port: int) -> int:
    """How many standing connections to this port of ours the process has taken."""
    lines = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    ours = {
        f"socket:[{fields[TCP_INODE]}]"
        for fields in lines
        if int(fields[TCP_LOCAL].rpartition(":")[2], 16) == port and fields[TCP_STATE] == TCP_ESTABLISHED
    }
    held = 0
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            held += str(descriptor.readlink()) in ours
    return held


def free_ports(count: int) -> list[int]:
    """Ports of the loopback interface on which nothing listens now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
