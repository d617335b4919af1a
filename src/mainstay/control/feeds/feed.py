"""One status page while it is read again and again."""

from typing import Final

import msgspec

from mainstay.control.feeds.cache import Kept
from mainstay.control.feeds.fetching import Answer, FeedTroubleError, Fetch, Marks
from mainstay.control.feeds.sources import FeedSource
from mainstay.model.dice import Dice
from mainstay.model.evidence import Evidence
from mainstay.ops.feeds.addresses import addresses, companion
from mainstay.ops.feeds.fold import Change, repeated, take
from mainstay.ops.feeds.page import Page, joined
from mainstay.ops.feeds.reading import Unreadable, read_page

JITTER: Final = 0.1
BACKOFF_MAX: Final = 5
PAUSE_SECONDS_MAX: Final = 900.0
"""However often it failed, it is asked again after so long."""
RECORDS_PER_HOUR: Final = 300
HOUR_SECONDS: Final = 3_600.0
OK: Final = "ok"


class News(msgspec.Struct, frozen=True):
    """What came of asking."""

    changes: tuple[Change, ...]
    evidence: tuple[Evidence, ...] = ()
    has_changed: bool = False
    """Whether there is something new to keep."""


class Feed:
    """Knows when it is due, where it is found, and what it said last. Used in one loop."""

    def __init__(self, source: FeedSource, kept: Kept, dice: Dice) -> None:
        self.source = source
        self.kept = kept
        self.due_at = 0.0
        """By the clock that `ask` is given."""
        self.state = OK
        """`ok`, or a word of `fetching.Trouble`."""
        self.trouble = ""
        self._dice = dice
        self._failures = 0
        self._wait: float | None = None
        self._companion: Page | None = None
        self._told: list[float] = []
        self._is_dropping = False

    async def ask(self, fetch: Fetch, wall: float) -> News:
        """Read it. Raises nothing but `CancelledError`."""
        try:
            news = await self._read(fetch, wall)
        except FeedTroubleError as error:
            return self.failed(error, wall)
        self._failures, self._wait = 0, None
        return News((*self._became(OK, "", wall), *news.changes), news.evidence, news.has_changed)

    def failed(self, error: FeedTroubleError, wall: float) -> News:
        """Take note that it could not be read."""
        self._failures += 1
        self._wait = error.wait_seconds
        return News(self._became(error.trouble, str(error), wall))

    def pause_seconds(self, usual_seconds: float) -> float:
        """How long to leave it alone now: longer after each failure, as long as it asks for, never by the clock of
        others."""
        pause = usual_seconds
        if self._failures:
            pause = min(usual_seconds * 2 ** min(self._failures, BACKOFF_MAX), max(PAUSE_SECONDS_MAX, usual_seconds))
        pause *= 1 + JITTER * (2 * self._dice() - 1)
        return max(pause, self._wait or 0.0)

    def within_bounds(self, changes: tuple[Change, ...], wall: float) -> tuple[Change, ...]:
        """So many of these as may be written down; where some may not, one says so."""
        self._told = [at for at in self._told if wall - at < HOUR_SECONDS]
        room = max(RECORDS_PER_HOUR - len(self._told), 0)
        kept = changes[:room]
        self._told += [wall] * len(kept)
        if len(kept) == len(changes):
            self._is_dropping = self._is_dropping and room == 0
            return kept
        was_dropping, self._is_dropping = self._is_dropping, True
        text = f"more than {RECORDS_PER_HOUR} changes in an hour; the rest is not written down"
        return kept if was_dropping else (*kept, Change("feed", "floods", wall, text))

    async def _read(self, fetch: Fetch, wall: float) -> News:
        memory, source = self.kept.memory, self.source
        url, answer = await self._answer(fetch, wall)
        if answer.body is None:
            return News((), repeated(memory, source.url, wall))
        page = read_page(answer.body, wall)
        if isinstance(page, Unreadable):
            # It may have moved to another maker of status pages: look anew.
            self.kept.found = ""
            raise FeedTroubleError("unreadable", page.reason)
        whole = await self._completed(fetch, url, page, wall)
        heard = take(memory, whole, source.abouts, source.url, wall)
        # Only what was understood may answer for us the next time.
        self.kept.found, self.kept.marks = url, {url: answer.marks}
        return News(heard.changes, heard.evidence, has_changed=True)

    async def _answer(self, fetch: Fetch, wall: float) -> tuple[str, Answer]:
        """The answer of the address where it was found before, else of the first that is a status page."""
        if self.kept.found:
            try:
                return self.kept.found, await fetch(self.kept.found, self.kept.marks.get(self.kept.found, Marks()))
            except FeedTroubleError as error:
                if error.trouble != "missing":
                    raise
                self.kept.found = ""
        tried = addresses(self.source.url)
        last: FeedTroubleError | None = None
        for url in tried:
            try:
                answer = await fetch(url, Marks())
            except FeedTroubleError as error:
                if error.trouble not in {"missing", "refused", "unreadable"}:
                    raise
                last = error
                continue
            if len(tried) == 1 or not isinstance(read_page(answer.body or b"", wall), Unreadable):
                return url, answer
        if len(tried) == 1 and last is not None:
            raise last
        raise FeedTroubleError("unreadable", "no status page that we can read is there; name its JSON or RSS address")

    async def _completed(self, fetch: Fetch, url: str, page: Page, wall: float) -> Page:
        """The page with what stands at its second address; with what stood there last, if that does not answer."""
        second = companion(url, page.kind)
        if second is None:
            return page
        try:
            answer = await fetch(second, Marks())
        except FeedTroubleError:
            answer = Answer(None, Marks())
        more = read_page(answer.body, wall) if answer.body is not None else None
        if isinstance(more, Page):
            self._companion = more
            return joined(page, more)
        if self._companion is None:
            return page
        # What was open there the last time may be over: only what stands here too is taken from it.
        listed = {one.id for one in page.incidents}
        old = tuple(one for one in self._companion.incidents if one.id in listed or not one.is_open)
        return joined(page, msgspec.structs.replace(self._companion, incidents=old))

    def _became(self, state: str, trouble: str, wall: float) -> tuple[Change, ...]:
        was, self.state, self.trouble = self.state, state, trouble
        return (Change("feed", state, wall, trouble),) if state != was else ()
