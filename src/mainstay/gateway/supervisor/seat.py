"""A worker's seat under a supervisor: takes its orders, and says each second that its event loop lives."""

import asyncio
import signal
import socket
from collections.abc import Callable
from typing import Final, Protocol

from mainstay.config.load import Loaded
from mainstay.gateway.supervisor.channel import WorkerChannel, workers_end
from mainstay.gateway.supervisor.messages import Alert, Beat, Configured, Load, Note, Order, Ready, Retire
from mainstay.gateway.supervisor.messages import Loaded as Runs
from mainstay.gateway.worker import Worker

BEAT_SECONDS: Final = 1.0
FIRST_ORDER_SECONDS: Final = 30.0
ORPHAN_DRAIN_SECONDS: Final = 5.0
"""A worker without a supervisor ends soon: whoever takes its place needs the address and the state folder."""


class Sources(Protocol):
    """Where the configuration comes from."""

    @property
    def name(self) -> str:
        """The source in words."""

    def load(self) -> Loaded:
        """What is found without a file."""

    def load_text(self, text: bytes) -> Loaded:
        """What the text of the file means."""


SUPERVISOR_GONE = "the supervisor is gone"


class UnusableOrderError(Exception):
    """The supervisor's configuration cannot be used here."""


class Seat:
    """One worker process from its first order to its end."""

    def __init__(
        self,
        line: socket.socket,
        source: Sources,
        made: Callable[[Loaded, Callable[[], None]], Worker],
        report: Callable[[str], None],
    ) -> None:
        """`line` leads to the supervisor; `made` makes the worker, and gives it what to call when it serves."""
        self._line = line
        self._source = source
        self._made = made
        self._report = report
        self._channel: WorkerChannel | None = None
        self._first: asyncio.Future[Load] = asyncio.get_running_loop().create_future()
        self._worker: Worker | None = None
        self._configured: Configured | None = None
        self._is_alone = False

    async def run(self) -> None:
        """Serve until told to stop. Raises `UnusableOrderError`, and what `Worker.run` raises."""
        loop = asyncio.get_running_loop()
        self._channel = await workers_end(self._line, self._obey, self._lost)
        order = await asyncio.wait_for(self._first, FIRST_ORDER_SECONDS)
        loaded = self._loaded(order)
        if loaded.snapshot is None:
            raise UnusableOrderError("; ".join(one.message for one in loaded.mistakes))
        if self._is_alone:
            # It went together with its first order: nobody would ever tell the worker to end.
            raise UnusableOrderError(SUPERVISOR_GONE)
        worker = self._worker = self._made(loaded, self._serves)
        if self._configured is not None:
            worker.configured(self._configured.standing)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, worker.stop)
        self._say_loaded(order.sha256)
        beating = asyncio.create_task(self._beat())
        try:
            await worker.run()
        finally:
            beating.cancel()
            self._channel.close()

    def _loaded(self, order: Load) -> Loaded:
        return self._source.load_text(order.text) if order.text else self._source.load()

    def _obey(self, order: Order) -> None:
        worker = self._worker
        if isinstance(order, Configured):
            self._configured = order
            if worker is not None:
                worker.configured(order.standing)
        elif worker is None:
            if isinstance(order, Load) and not self._first.done():
                self._first.set_result(order)
        else:
            self._order(order, worker)

    def _order(self, order: Order, worker: Worker) -> None:
        match order:
            case Load():
                self._load(order, worker)
            case Note(event, pid):
                worker.note(event, pid)
            case Alert(message):
                worker.alert(message)
            case Retire():
                worker.retire()
            case _:
                pass

    def _load(self, order: Load, worker: Worker) -> None:
        loaded = self._loaded(order)
        if loaded.snapshot is None:
            # The supervisor found it good: a secret's file may have gone since.
            for mistake in loaded.mistakes:
                self._report(f"reload: {mistake.path or self._source.name}: {mistake.message}")
            return
        is_back = self._configured is not None and self._configured.standing.rolled_back
        worker.load(loaded.snapshot, order.sha256, f"{self._source.name}{' (rolled back)' if is_back else ''}")
        self._say_loaded(order.sha256)

    def _serves(self) -> None:
        if self._channel is not None:
            self._channel.say(Ready())

    def _say_loaded(self, sha256: str) -> None:
        if self._channel is not None:
            self._channel.say(Runs(sha256))

    async def _beat(self) -> None:
        while self._channel is not None:
            self._channel.say(Beat())
            await asyncio.sleep(BEAT_SECONDS)

    def _lost(self) -> None:
        self._is_alone = True
        if self._worker is not None:
            self._report("the supervisor is gone; ending")
            self._worker.orphaned(ORPHAN_DRAIN_SECONDS)
        elif not self._first.done():
            self._first.set_exception(UnusableOrderError(SUPERVISOR_GONE))
