"""Pursuit: a caller behind an exchange that another worker or replica runs, read from what that one writes.

It looks a few times a second. Where nobody goes on with the exchange any more, it is taken over here, once, and the
caller gets the rest from here without noticing.
"""

from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from mainstay.gateway.drafts.elsewhere import Elsewhere, Seen
from mainstay.gateway.drafts.entries import Beyond, Missing, Reason
from mainstay.gateway.drafts.reading import Kept
from mainstay.gateway.far_source import FarSource
from mainstay.gateway.following import Following
from mainstay.gateway.kept_caller import ANSWERED, CANCELLED
from mainstay.gateway.runs import Run
from mainstay.gateway.visits import Visit, beyond, gone_for_ever, missing, not_now
from mainstay.model.fault import Fault

POLL_SECONDS: Final = 0.25
PURSUITS_MAX: Final = 1_000
MISSES_MAX: Final = 20
"""So often in a row nothing may be found before a stream that has begun is cut."""
AHEAD_MAX: Final = 8
"""So often a caller may have seen more than the copy shows: it lags a little."""
TAKES_MAX: Final = 20
UNKNOWN: Final = Missing(Reason.UNKNOWN)


class Outdated(msgspec.Struct, frozen=True):
    """A draft of ours that another replica has gone on with."""

    kept: Kept


Obtained = Run | Kept | Missing | Outdated | Fault
"""A run of ours (gone on with, perhaps), a draft that is over, nothing, an older draft, or why it cannot be had."""


class Here(Protocol):
    """What this process does for a pursuit (`resumption.Resumption`)."""

    def later(self, seconds: float, callback: Callable[[], object]) -> None:
        """Call after so many seconds."""

    def obtain(self, visit: Visit, done: Callable[[Obtained], None]) -> None:
        """What is here of an exchange."""

    def follow_for(self, visit: Visit, run: Run) -> None:
        """Give a run of ours to a caller who has been given nothing."""

    def give(self, visit: Visit, kept: Kept) -> None:
        """Give a draft of ours to a caller who has been given nothing, and go on with it where it is not whole."""

    def attend(self, run: Run) -> Callable[[], None]:
        """One more listens to a run; call what is given when not any more."""


class Pursuit:
    """One visit."""

    def __init__(
        self, visit: Visit, here: Here, elsewhere: Elsewhere, over: Callable[[], None], fallback: Kept | None
    ) -> None:
        """`over` is called once. `fallback` is an older draft of ours, for where nothing else is found."""
        self._visit = visit
        self._here = here
        self._elsewhere = elsewhere
        self._over = over
        self._fallback = fallback
        self._reading = elsewhere.new_reading(visit.identity)
        self._source = FarSource(visit.after)
        self._following: Following | None = None
        self._attended: Callable[[], None] | None = None
        self._was_seen = False
        self._misses = 0
        self._polls_ahead = 0
        self._takes = 0
        self._is_over = False

    def start(self) -> None:
        """Look for the first time."""
        self._elsewhere.look(self._reading, self._looked)

    def _poll(self) -> None:
        """Look again, unless the caller still has enough to read."""
        if self._has_gone():
            self._end()
        elif self._following is None or self._source.is_drained:
            self.start()
        else:
            self._again()

    def _looked(self, seen: Seen | Missing) -> None:
        if self._has_gone():
            self._end()
        elif isinstance(seen, Missing):
            self._nothing_there(seen)
        elif not self._is_ours_to_see():
            self._nothing_there(UNKNOWN)
        else:
            self._misses = 0
            self._was_seen = True
            self._advance(seen)

    def _advance(self, seen: Seen) -> None:
        """The draft was read on."""
        sheet, visit = self._reading.sheet, self._visit
        self._source.feed(self._reading.take_delivered())
        outcome = sheet.ended.outcome if sheet.ended is not None else ""
        if sheet.replied is not None and self._following is None:
            self._end()
            visit.visitor.reply(sheet.replied)
        elif self._reading.tail_lost:
            self._refuse(gone_for_ever("more was delivered than was kept, so nobody can go on from here"))
        elif outcome == CANCELLED:
            self._refuse(gone_for_ever("its caller took it back"))
        elif visit.after > self._source.events:
            self._is_ahead(seen)
        else:
            if outcome == ANSWERED or (sheet.begun is not None and seen.is_written):
                self._begin()
            self._pump(seen, outcome)

    def _pump(self, seen: Seen, outcome: str) -> None:
        if outcome == ANSWERED:
            self._source.end()
        if self._following is not None:
            self._following.pump()
        if self._has_gone() or outcome == ANSWERED:
            # What the caller has not read yet it pulls by itself.
            self._end()
        elif seen.is_written:
            self._again()
        else:
            self._take(seen)

    def _begin(self) -> None:
        begun = self._reading.sheet.begun
        if self._following is None:
            following = self._following = Following(self._visit.visitor.caller, self._left)
            headers = self._visit.headers(begun.headers if begun is not None else ())
            following.start(self._source, 200, headers, lambda: b"")

    def _is_ahead(self, seen: Seen) -> None:
        """The caller has seen more than the copy shows."""
        self._polls_ahead += 1
        if seen.is_written and self._polls_ahead < AHEAD_MAX:
            self._again()
        else:
            self._refuse(beyond(self._visit.after, self._source.events))

    def _nothing_there(self, fault: Missing) -> None:
        self._misses += 1
        if self._following is None and self._fallback is not None and fault == UNKNOWN:
            self._end()
            self._here.give(self._visit, self._fallback)
        elif self._was_seen:
            # It may have come here, or be on its way.
            self._obtain(fault)
        else:
            self._refuse(missing(fault))

    def _take(self, seen: Seen) -> None:
        """Nobody goes on with it."""
        self._takes += 1
        if self._takes > TAKES_MAX:
            self._refuse(not_now("what was kept cannot be taken over now"))
            return
        self._elsewhere.take(self._visit.identity, seen, self._taken)

    def _taken(self, is_ours: bool) -> None:  # noqa: FBT001 - a callback
        if self._has_gone():
            self._end()
        elif is_ours:
            self._obtain(UNKNOWN)
        else:
            self._again()

    def _obtain(self, fault: Missing) -> None:
        after = self._visit.after if self._following is None else self._source.events
        visit = msgspec.structs.replace(self._visit, after=after)
        self._here.obtain(visit, lambda here: self._obtained(fault, here))

    def _obtained(self, fault: Missing, here: Obtained) -> None:
        if self._has_gone():
            self._end()
        elif isinstance(here, Run) and self._following is not None:
            self._join(here)
        elif isinstance(here, Run):
            self._end()
            self._here.follow_for(self._visit, here)
        elif isinstance(here, Kept):
            self._finish_from(here)
        elif isinstance(here, Fault):
            self._refuse(here)
        elif self._misses < MISSES_MAX:
            self._again()
        else:
            self._refuse(missing(fault))

    def _join(self, run: Run) -> None:
        """The caller has the beginning from elsewhere and gets the rest from here."""
        following = self._following
        gone = self._here.attend(run)
        if following is None or following.is_over:
            gone()
            self._end()
            return
        follower = run.draft.follow(self._source.events, following.pump)
        if isinstance(follower, Beyond):
            gone()
            self._refuse(gone_for_ever("more was delivered than was kept"))
            return
        self._attended = gone
        self._source.go_on_with(follower)
        following.ends_with(lambda: run.caller.ending)
        following.pump()
        self._end()

    def _finish_from(self, kept: Kept) -> None:
        """It is over, and here."""
        self._end()
        if self._following is None:
            self._here.give(self._visit, kept)
            return
        rest = kept.after(self._source.events)
        if isinstance(rest, Beyond):
            self._source.fail("shorter than what was given")
        else:
            self._source.feed(rest)
            self._source.end()
        self._following.pump()

    def _refuse(self, fault: Fault) -> None:
        """The caller is told, or its stream is cut."""
        self._end()
        if self._following is None:
            self._visit.visitor.refuse(fault)
        else:
            self._source.fail(fault.message)
            self._following.pump()

    def _again(self) -> None:
        self._here.later(POLL_SECONDS, self._poll)

    def _is_ours_to_see(self) -> bool:
        opening = self._reading.sheet.opening
        return opening is not None and opening.tenant == self._visit.asker.tenant

    def _has_gone(self) -> bool:
        return self._following.is_over if self._following is not None else self._visit.visitor.has_left

    def _left(self) -> None:
        """The caller has everything, or has left."""
        if self._attended is not None:
            self._attended()

    def _end(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._over()
