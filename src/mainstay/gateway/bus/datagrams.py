"""Bulletins between the workers of one machine: Unix datagrams, one socket per worker under `state/run`.

Nobody is in the middle. A worker that is paused does not read: what is sent to it is lost once its queue is full, and
costs the others nothing. Each peer has a sending socket of its own, because the kernel charges unread datagrams to the
socket that sent them: through a shared one, a paused peer would silence us towards all.
"""

import asyncio
import os
import re
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mainstay.gateway.bus.bulletins import BULLETIN_BYTES_MAX
from mainstay.gateway.bus.ports import Clock, Listener, TransportStatus

PEERS_MAX = 512
LISTING_SECONDS = 1.0
"""How often the folder is read for new peers."""
READS_MAX = 64
"""Datagrams read at once, so that requests get their turn."""
PATH_BYTES_MAX = 100
"""The kernel's bound for the address of a Unix socket is 104 to 108 bytes, the end mark included."""

_NAME = re.compile(r"bus-[0-9]{1,4}\.sock")


class Datagrams:
    """See `Transport`."""

    def __init__(
        self, folder: Path, worker: int, loop: asyncio.AbstractEventLoop, clock: Clock, report: Callable[[str], None]
    ) -> None:
        """`folder` is `state/run`; `report` takes one line when trouble begins or ends."""
        self._folder = folder
        self._name = f"bus-{worker}.sock"
        self._loop = loop
        self._clock = clock
        self._report = report
        self._listener: Listener | None = None
        self._socket: socket.socket | None = None
        self._directory: int | None = None
        self._prefix = str(folder)
        self._peers: dict[str, socket.socket] = {}
        self._silent: set[str] = set()
        """Peers whose queue is full, or who are gone since the last listing."""
        self._full: set[str] = set()
        self._list_at = 0.0
        self._folder_changed_at = 0
        self._trouble: str | None = None
        self._sent = self._lost = 0
        self._buffer = bytearray(BULLETIN_BYTES_MAX + 1)

    def start(self, listener: Listener) -> None:
        """See `Transport`."""
        self._listener = listener
        self._look_around()

    def publish(self, data: bytes) -> None:
        """See `Transport`."""
        if self._clock.time() >= self._list_at or self._folder_changed():
            self._look_around()
        for name, sender in self._peers.items():
            if name not in self._silent:
                self._send(name, sender, data)

    def status(self) -> TransportStatus:
        """See `Transport`."""
        return TransportStatus("workers", self._trouble, self._sent, self._lost)

    async def close(self) -> None:
        """See `Transport`."""
        with suppress(OSError):
            (self._folder / self._name).unlink(missing_ok=True)
        self._close_socket()
        for sender in self._peers.values():
            sender.close()
        self._peers.clear()

    def _send(self, name: str, sender: socket.socket, data: bytes) -> None:
        try:
            sender.sendto(data, f"{self._prefix}/{name}")
        except BlockingIOError:
            self._lost += 1
            self._full.add(name)
        except OSError:
            # Gone, or not there yet. It is tried again after the next listing; when it begins it asks for everything.
            self._silent.add(name)
        else:
            self._sent += 1
            if name in self._full:
                self._full.discard(name)
                if self._listener is not None:
                    self._listener.others_missed()

    def _folder_changed(self) -> bool:
        """A newcomer must not wait for the next listing to hear from us."""
        changed_at, self._folder_changed_at = self._folder_changed_at, self._modified()
        return changed_at != self._folder_changed_at

    def _modified(self) -> int:
        with suppress(OSError):
            return self._folder.stat().st_mtime_ns
        return 0

    def _look_around(self) -> None:
        self._list_at = self._clock.time() + LISTING_SECONDS
        self._silent.clear()
        try:
            names = self._names()
            if self._socket is None or self._name not in names:
                self._close_socket()
                self._open_socket()
                names = self._names()
        except OSError as error:
            self._tell(f"no news from and to the other workers: {error.strerror or error}")
            return
        self._tell(None)
        self._meet(names - {self._name})

    def _names(self) -> set[str]:
        with suppress(FileNotFoundError), os.scandir(self._folder) as entries:
            return {entry.name for entry in entries if _NAME.fullmatch(entry.name)}
        return set()

    def _meet(self, names: set[str]) -> None:
        for name in self._peers.keys() - names:
            self._peers.pop(name).close()
            self._full.discard(name)
        for name in sorted(names - self._peers.keys())[: PEERS_MAX - len(self._peers)]:
            sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            sender.settimeout(0)
            self._peers[name] = sender

    def _open_socket(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._prefix = self._short_prefix()
        (self._folder / self._name).unlink(missing_ok=True)
        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            receiver.settimeout(0)
            receiver.bind(f"{self._prefix}/{self._name}")
            (self._folder / self._name).chmod(0o600)
            self._loop.add_reader(receiver, self._readable)
        except BaseException:
            receiver.close()
            raise
        self._socket = receiver
        if self._listener is not None:
            self._listener.missed_others()

    def _short_prefix(self) -> str:
        """The folder, by a name that fits into a socket's address."""
        if len(os.fsencode(self._folder / self._name)) <= PATH_BYTES_MAX:
            return str(self._folder)
        # Linux knows a short name for every open folder.
        self._directory = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        prefix = f"/proc/self/fd/{self._directory}"
        if not Path(prefix).exists():
            raise OSError(0, "the path of the state folder is too long for a socket; use a shorter one")
        return prefix

    def _close_socket(self) -> None:
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None
        if self._directory is not None:
            os.close(self._directory)
            self._directory = None

    def _readable(self) -> None:
        for _ in range(READS_MAX):
            if self._socket is None or self._listener is None:
                return
            try:
                size = self._socket.recv_into(self._buffer)
            except OSError:
                return
            self._listener.heard(bytes(memoryview(self._buffer)[:size]))

    def _tell(self, trouble: str | None) -> None:
        if trouble is not None and self._trouble is None:
            self._report(f"bus: {trouble}")
        elif trouble is None and self._trouble is not None:
            self._report("bus: news pass between the workers again")
        self._trouble = trouble
