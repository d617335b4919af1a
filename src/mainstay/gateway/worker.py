"""One worker process of the gateway: server, upstream client, journal and metrics around one `Gateway`."""

import asyncio
import gc
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from mainstay import __version__
from mainstay.config.load import Loaded
from mainstay.config.snapshot import Snapshot
from mainstay.gateway.app import Gateway
from mainstay.gateway.drafts.limits import DraftLimits
from mainstay.gateway.drafts.store import DraftStore
from mainstay.gateway.http.client import UpstreamClient
from mainstay.gateway.http.server import Server
from mainstay.gateway.identity import SeededDice, id_maker
from mainstay.gateway.journal import FileJournal
from mainstay.gateway.metrics import Metrics
from mainstay.gateway.tokens.client import IdentityClient
from mainstay.gateway.tokens.keeper import TokenKeeper, read_text_file
from mainstay.gateway.tokens.renewer import Surroundings
from mainstay.gateway.tokens.store import TokenStore
from mainstay.ledger.files import JournalFile, journal_path
from mainstay.model.records import ConfigurationRecord, ProcessRecord
from mainstay.wire.crossing.passages import Speech

DRAIN_SECONDS = 30.0
GARBAGE_THRESHOLD = 50_000
"""Allocations between collections. The hot path makes no cycles, so collecting often finds nothing."""


class Settings(msgspec.Struct, frozen=True):
    """What a worker starts with. `reload` gives the configuration anew; `path` names it for records."""

    snapshot: Snapshot
    sha256: str
    path: str
    reload: Callable[[], Loaded] | None
    speech: Speech
    report: Callable[[str], None]
    number: int = 0


class UnusableProxyError(OSError):
    """The environment names a proxy that cannot be used."""


class Worker:
    """Runs until SIGTERM or SIGINT, then drains. SIGHUP loads the configuration again."""

    def __init__(self, settings: Settings) -> None:
        """Prepare; nothing is opened yet."""
        self._settings = settings
        self._stop = asyncio.Event()
        self._next_id = id_maker()
        self._journal = FileJournal(
            JournalFile(journal_path(Path(settings.snapshot.state), settings.number), time.time), settings.report
        )
        snapshot = settings.snapshot
        self._metrics = Metrics(
            version=__version__, upstreams=(one.name for one in snapshot.upstreams), models=snapshot.model_names
        )

    async def run(self) -> None:
        """Serve. Raises `StateInUseError` or `NewerStoreError` for a state folder that is not ours to use,
        `UnusableProxyError`, and another `OSError` for an address that cannot be had."""
        settings, loop = self._settings, asyncio.get_running_loop()
        client = _client()
        self._journal.start()
        drafts = self._drafts(loop)
        keeper = self._keeper(loop, client)
        gateway = Gateway(
            settings.snapshot,
            settings.speech,
            client,
            self._journal,
            self._metrics,
            report=settings.report,
            next_id=self._next_id,
            keys=keeper,
            drafts=drafts,
            dead_credentials=lambda: {f"{one.upstream}/{one.credential}": one.why for one in keeper.waiting()},
        )
        server = Server(gateway.handle, gateway.refusal, settings.report)
        try:
            await server.start(settings.snapshot.gateway.host, settings.snapshot.gateway.port)
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self._stop.set)
            loop.add_signal_handler(signal.SIGHUP, self._reload, gateway, keeper)
            self._tell("started")
            self._accepted(settings.sha256)
            gateway.pick_up()
            _calm_garbage_collector()
            await self._stop.wait()
            gateway.draining = True
            await server.drain(DRAIN_SECONDS)
            self._tell("stopped")
        finally:
            await keeper.close()
            await client.close()
            if drafts is not None:
                drafts.close()
            self._journal.close()

    def _drafts(self, loop: asyncio.AbstractEventLoop) -> DraftStore | None:
        """The draft store, started; `None` where drafts are off."""
        snapshot = self._settings.snapshot
        if snapshot.drafts is None:
            return None
        limits = DraftLimits(keep_seconds=snapshot.drafts.keep_seconds, bytes_max=snapshot.drafts.bytes_max)
        state = Path(snapshot.state)
        store = DraftStore(state / "drafts", state / "keys", loop, report=self._settings.report, limits=limits)
        store.start()
        return store

    def _keeper(self, loop: asyncio.AbstractEventLoop, client: UpstreamClient) -> TokenKeeper:
        """The keeper of tokens, at work for every credential that needs one."""
        settings = self._settings
        surroundings = Surroundings(
            IdentityClient(client), loop, time.time, SeededDice(self._next_id()), read_text_file
        )
        keeper = TokenKeeper(
            surroundings,
            TokenStore(Path(settings.snapshot.state) / "tokens", settings.report),
            self._journal,
            os.environ,
            report=settings.report,
            next_id=self._next_id,
        )
        keeper.start(settings.snapshot.upstreams)
        return keeper

    def _reload(self, gateway: Gateway, keeper: TokenKeeper) -> None:
        """Swap the configuration if the new one is good; else change nothing and say so."""
        settings = self._settings
        if settings.reload is None:
            settings.report("reload: this configuration comes from the environment and cannot be loaded again")
            return
        loaded = settings.reload()
        if loaded.snapshot is None:
            for mistake in loaded.mistakes:
                settings.report(f"reload: {mistake.path or settings.path}: {mistake.message}")
            settings.report("reload: the file has mistakes, nothing was changed")
            return
        gateway.replace(loaded.snapshot)
        keeper.replace(loaded.snapshot.upstreams)
        self._accepted(loaded.sha256)
        settings.report(f"reload: {settings.path} accepted")
        fixed = _fixed_at_start(settings.snapshot, loaded.snapshot)
        if fixed:
            settings.report(f"reload: {', '.join(fixed)} stay as they were until the gateway is started again")

    def _accepted(self, sha256: str) -> None:
        record = ConfigurationRecord(self._next_id(), time.time(), self._settings.path, sha256)
        self._journal.write(record)

    def _tell(self, event: str) -> None:
        record = ProcessRecord(self._next_id(), time.time(), "gateway", event, __version__, os.getpid())
        self._journal.write(record)


def _client() -> UpstreamClient:
    try:
        return UpstreamClient()
    except ValueError as error:
        raise UnusableProxyError(f"proxy settings of the environment: {error}") from error


def _fixed_at_start(running: Snapshot, accepted: Snapshot) -> tuple[str, ...]:
    """The changed keys that a running process cannot follow."""
    pairs = (
        ("gateway.listen", running.gateway, accepted.gateway),
        ("gateway.workers", running.workers, accepted.workers),
        ("control.listen", running.control, accepted.control),
        ("state", running.state, accepted.state),
        ("drafts", running.drafts, accepted.drafts),
    )
    return tuple(name for name, before, after in pairs if before != after)


def _calm_garbage_collector() -> None:
    """Start-up objects live for ever: keep them out of every collection, and collect seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, 20, 20)
