"""The poller: reads every status page when it is due, each by itself, so that none holds up another."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from threading import Lock
from typing import Final

import msgspec

from mainstay.control.background import StopSignal
from mainstay.control.feeds.cache import FeedCache
from mainstay.control.feeds.feed import OK, Feed
from mainstay.control.feeds.fetching import FeedTroubleError, Fetch, open_fetcher
from mainstay.control.feeds.sources import FeedSource
from mainstay.control.feeds.standing import FeedStanding, standings_of
from mainstay.model.dice import Dice
from mainstay.model.evidence import Evidence
from mainstay.model.records import FeedRecord, Record
from mainstay.ops.feeds.fold import Change

GLANCE_SECONDS: Final = 0.25
POLL_SECONDS_MAX: Final = 40.0
"""For one page with all addresses at which it might be found."""
TEXT_CHARACTERS_MAX: Final = 500


class FeedEars(msgspec.Struct, frozen=True):
    """Who hears of it, from the poller's own thread. None of them may raise or block for long.

    `write` takes records for the journal, `hear` evidence for detection, `report` one line for the operator.
    """

    write: Callable[[Record], None]
    hear: Callable[[Evidence], None]
    report: Callable[[str], None]


class FeedClocks(msgspec.Struct, frozen=True):
    """What the poller takes from outside. `wall` gives seconds since 1970, `clock` is monotonic; `seconds` is the usual
    pause between two readings of a page."""

    wall: Callable[[], float]
    clock: Callable[[], float]
    dice: Dice
    next_id: Callable[[], str]
    seconds: Callable[[], float]


class FeedPoller:
    """Runs in a thread of its own; `standings` may be asked from any."""

    def __init__(
        self,
        sources: Callable[[], tuple[FeedSource, ...]],
        cache: FeedCache,
        ears: FeedEars,
        clocks: FeedClocks,
        is_active: Callable[[], bool],
        open_fetch: Callable[[], AbstractAsyncContextManager[Fetch]] = open_fetcher,
    ) -> None:
        """`sources` are asked again on each look: a new configuration counts at once. Nothing is read while
        `is_active` says no: then another control plane reads."""
        self._sources = sources
        self._cache = cache
        self._ears = ears
        self._clocks = clocks
        self._is_active = is_active
        self._open_fetch = open_fetch
        self._feeds: dict[str, Feed] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._shown: tuple[FeedStanding, ...] = ()
        self._lock = Lock()

    def standings(self) -> tuple[FeedStanding, ...]:
        """What each upstream's page says, as it was read last."""
        with self._lock:
            return self._shown

    def run(self, stop: StopSignal) -> None:
        """Read until `stop` is set. Raises nothing."""
        try:
            asyncio.run(self._work(stop))
        except Exception as error:  # noqa: BLE001 - pages of others are never worth our own end
            self._ears.report(f"status pages: are read no more: {type(error).__name__}: {error}")

    async def poll_due(self, fetch: Fetch) -> None:
        """Read every page that is due, once."""
        self._launch(fetch)
        await asyncio.gather(*self._running.values())

    async def _work(self, stop: StopSignal) -> None:
        async with self._open_fetch() as fetch:
            while not stop.is_set():
                if self._is_active():
                    self._launch(fetch)
                await asyncio.sleep(GLANCE_SECONDS)
            for task in self._running.values():
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)

    def _launch(self, fetch: Fetch) -> None:
        self._follow_configuration()
        self._running = {url: task for url, task in self._running.items() if not task.done()}
        now = self._clocks.clock()
        for url, feed in self._feeds.items():
            if url not in self._running and now >= feed.due_at:
                self._running[url] = asyncio.create_task(self._poll(feed, fetch))

    def _follow_configuration(self) -> None:
        sources = {one.url: one for one in self._sources()}
        if sources.keys() == self._feeds.keys():
            for url, source in sources.items():
                self._feeds[url].source = source
            return
        for url in self._feeds.keys() - sources.keys():
            del self._feeds[url]
        now = self._clocks.clock()
        for number, (url, source) in enumerate(sources.items()):
            if url not in self._feeds:
                feed = Feed(source, self._cache.load(url), self._clocks.dice)
                # Not all at the same instant; the first at once.
                feed.due_at = now + (self._clocks.dice() * min(number, 5) if number else 0.0)
                self._feeds[url] = feed
        self._cache.forget_others(sources)
        self._show()

    async def _poll(self, feed: Feed, fetch: Fetch) -> None:
        wall, was = self._clocks.wall(), feed.state
        try:
            async with asyncio.timeout(POLL_SECONDS_MAX):
                news = await feed.ask(fetch, wall)
        except TimeoutError:
            news = feed.failed(FeedTroubleError("slow", f"not found within {POLL_SECONDS_MAX:g} s"), wall)
        except Exception as error:  # noqa: BLE001 - one page that we cannot bear must not end the reading of others
            news = feed.failed(FeedTroubleError("unreadable", f"a defect of ours: {type(error).__name__}"), wall)
        feed.due_at = self._clocks.clock() + feed.pause_seconds(self._clocks.seconds())
        if feed.state != was:
            line = "is read again" if feed.state == OK else f"{feed.state}: {feed.trouble}"
            self._ears.report(f"status page of {feed.source.names}: {line}")
        for change in feed.within_bounds(news.changes, wall):
            self._write(feed, change, wall)
        for evidence in news.evidence:
            self._ears.hear(evidence)
        if news.has_changed:
            self._cache.save(feed.kept)
        self._show()

    def _write(self, feed: Feed, change: Change, wall: float) -> None:
        names = [change.upstream] if change.upstream else [one.upstream for one in feed.source.abouts]
        for name in names:
            self._ears.write(
                FeedRecord(
                    self._clocks.next_id(),
                    wall,
                    name,
                    change.subject[:TEXT_CHARACTERS_MAX],
                    change.state,
                    change.said_at,
                    change.text[:TEXT_CHARACTERS_MAX],
                    change.url,
                )
            )

    def _show(self) -> None:
        shown = tuple(one for feed in self._feeds.values() for one in standings_of(feed))
        with self._lock:
            self._shown = shown
