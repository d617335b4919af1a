"""Clocks of communication: until when people must have been told something, and when to remind those who work on it."""

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from mainstay.model.incident import Impact
from mainstay.model.settings import Clocks
from mainstay.ops.incidents.state import IncidentState

ClockName = Literal["first-post", "scope", "next-update"]

DOUBLINGS_MAX: Final = 16
"""After so many reminders the pause grows no more; it is years by then."""


class Due(msgspec.Struct, frozen=True):
    """A clock that runs. `due_at` is until when it must be done; `nag_at` when to remind people, for the time that
    comes after `nagged` ones. Both in seconds since 1970."""

    clock: ClockName
    due_at: float
    nag_at: float
    nagged: int = 0


def running(state: IncidentState, clocks: Clocks) -> tuple[Due, ...]:
    """All clocks that run, the one that is due first at first.

    None runs for an incident that is resolved or merged, that is kept from the public, or that nobody feels. Reminders
    come when something is due and then after one, two, four times the clock's length, and so on.
    """
    if not state.is_open or state.is_private or state.impact is Impact.NONE:
        return ()
    return tuple(sorted(_running(state, clocks), key=lambda due: due.due_at))


def due(state: IncidentState, wall: float, clocks: Clocks) -> tuple[Due, ...]:
    """Clocks for which people are to be reminded now."""
    return tuple(one for one in running(state, clocks) if wall >= one.nag_at)


def _running(state: IncidentState, clocks: Clocks) -> Iterator[Due]:
    since = state.opened_at if state.reopened_at is None else state.reopened_at
    if state.last_post_at is None:
        yield _due(state, "first-post", since, clocks.first_post_seconds)
    else:
        yield _due(state, "next-update", max(state.last_post_at, since), clocks.update_seconds)
    if not state.affected:
        yield _due(state, "scope", since, clocks.scope_seconds)


def _due(state: IncidentState, clock: ClockName, since: float, seconds: float) -> Due:
    due_at = since + seconds
    nags = next((one for one in state.nags if one.clock == clock and one.due_at == due_at), None)
    if nags is None:
        return Due(clock, due_at, due_at)
    pause = seconds * 2 ** min(nags.count - 1, DOUBLINGS_MAX)
    return Due(clock, due_at, nags.last_at + pause, nags.count)
