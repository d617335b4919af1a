"""What a provider told of its own limits for one (upstream, model, credential), and how much of it is left by now.

It is believed softly: it decides who may go on when little is left, never longer than until its reset, and never when
it is older than a minute. Between two reports, what has been started since is taken off, and what the provider refills
is added evenly: both providers that tell such limits refill them like a bucket. A report that cannot be true is put
right or left aside.
"""

from math import inf, nextafter
from typing import NamedTuple

from mainstay.engine.capacity.hold import Hold
from mainstay.engine.demand import Demand
from mainstay.model.catalogue import Priority
from mainstay.model.rates import Bucket, Told

BELIEVED_SECONDS = 60.0
AHEAD_SECONDS_MAX = 86_400.0
BEHIND_SECONDS_MAX = 60.0
"""A reset that lies so little in the past is a clock that differs from ours."""
DISBELIEVED_SECONDS = 600.0
NONSENSE_TOLD_SECONDS = 3600.0
"""At most one record within this time of a key whose reports make no sense."""
ZEROS_MAX = 3
"""So many attempts in a row that began when nothing was left, ended well, and left nothing again: there is more."""
BATCH_FLOOR = 0.3
FLOORS = {Priority.CRITICAL: 0.0, Priority.INTERACTIVE: 0.1, Priority.BATCH: BATCH_FLOOR}
"""Which share of a limit each class leaves to those before it."""


class Nonsense(NamedTuple):
    """What cannot be true in a report: whether it was `clamped` or `disbelieved`, and why."""

    state: str
    reason: str


class Level(NamedTuple):
    """One bucket, in our time, at the instant when it was told."""

    name: str
    limit: float
    remaining: float
    reset_at: float

    def left(self, spent: float, told_at: float, now: float) -> float:
        """What is left now, after so much was spent since."""
        return min(self.limit, self.remaining + self._refill(told_at) * (now - told_at)) - spent

    def ready_at(self, need: float, spent: float, told_at: float, now: float) -> float:
        """When so much will be left; `now` or before where it is."""
        missing = need - self.left(spent, told_at, now)
        if missing <= 0:
            return now
        refill = self._refill(told_at)
        return self.reset_at if refill <= 0 else min(self.reset_at, now + missing / refill)

    def _refill(self, told_at: float) -> float:
        return (self.limit - self.remaining) / (self.reset_at - told_at)


class Quota:
    """Mutable; one for each (upstream, model, credential) whose provider tells its limits."""

    __slots__ = (
        "_ample",
        "_disbelieved_until",
        "_levels",
        "_nonsense_at",
        "_spent",
        "_told_at",
        "_zeros",
        "zero_since",
    )

    def __init__(self) -> None:
        """Begin with nothing told."""
        self._levels: tuple[Level, ...] = ()
        self._told_at = self._disbelieved_until = self._nonsense_at = -inf
        self._spent = _NOTHING_SPENT
        self._ample = _NOTHING_SPENT
        self.zero_since: float | None = None
        """Since when it is told that nothing is left; what ends well meanwhile may prove that wrong."""
        self._zeros = 0

    def hold(self, demand: Demand, now: float) -> Hold | None:
        """Why an attempt may not start now."""
        requests, input_tokens, output_tokens = self._spent
        ample = self._ample
        if (
            requests < ample[0]
            and input_tokens + demand.input_tokens <= ample[1]
            and output_tokens + demand.output_tokens <= ample[2]
        ):
            return None
        if now >= self._told_at + BELIEVED_SECONDS:
            return None
        floor = FLOORS[demand.priority]
        worst: Level | None = None
        ready_at = now
        for level in self._levels:
            if level.reset_at > now:
                # What would never fit asks for a full bucket.
                need = min(level.limit, floor * level.limit + _need(level.name, demand))
                at = level.ready_at(need, _part(level.name, self._spent), self._told_at, now)
                if at > ready_at:
                    worst, ready_at = level, at
        if worst is None:
            return None
        left = max(0, int(worst.left(_part(worst.name, self._spent), self._told_at, now)))
        reason = f"the provider tells that {left} of {int(worst.limit)} {worst.name} per minute are left"
        # Always later than now, or whoever waits for it would ask again at once.
        return Hold(max(nextafter(now, inf), min(ready_at, self._told_at + BELIEVED_SECONDS)), reason)

    def take(self, demand: Demand) -> None:
        """An attempt starts."""
        requests, input_tokens, output_tokens = self._spent
        self._spent = (requests + 1, input_tokens + demand.input_tokens, output_tokens + demand.output_tokens)

    def release(self, demand: Demand) -> None:
        """It does not start after all."""
        requests, input_tokens, output_tokens = self._spent
        self._spent = (
            max(0, requests - 1),
            max(0, input_tokens - demand.input_tokens),
            max(0, output_tokens - demand.output_tokens),
        )

    def told(self, told: Told, now: float, wall: float) -> Nonsense | None:
        """A response that came at `now` told this; gives what cannot be true in it, once an hour."""
        if now < self._told_at or self.is_disbelieved(now):
            return None
        levels, nonsense = _read(told, now, wall)
        if nonsense is not None and nonsense.state == "disbelieved":
            self._disbelieve(now)
        else:
            self._believe(levels, now)
        return self._worth_telling(nonsense, now)

    def succeeded(self, started_at: float, now: float) -> Nonsense | None:
        """An attempt has ended well. Where it could not, by what was told, that is nonsense."""
        if self.zero_since is None or started_at <= self.zero_since:
            return None
        self._zeros += 1
        self.zero_since = now
        if self._zeros < ZEROS_MAX:
            return None
        self._disbelieve(now)
        return self._worth_telling(Nonsense("disbelieved", "nothing is left, and yet requests are served"), now)

    def throttled(self) -> None:
        """The provider refused for its limit: what it tells is true."""
        self._zeros = 0

    def left(self, now: float) -> tuple[Level, ...]:
        """What is believed to be left now."""
        if now >= self._told_at + BELIEVED_SECONDS:
            return ()
        return tuple(
            level._replace(remaining=max(0.0, level.left(_part(level.name, self._spent), self._told_at, now)))
            for level in self._levels
            if level.reset_at > now
        )

    def is_disbelieved(self, now: float) -> bool:
        """Whether its reports are left aside."""
        return now < self._disbelieved_until

    def _believe(self, levels: tuple[Level, ...], now: float) -> None:
        self._levels, self._told_at, self._spent = levels, now, _NOTHING_SPENT
        self._ample = _ample(levels)
        if not any(level.remaining == 0 for level in levels):
            self.zero_since, self._zeros = None, 0
        elif self.zero_since is None:
            self.zero_since = now

    def _disbelieve(self, now: float) -> None:
        self._disbelieved_until = now + DISBELIEVED_SECONDS
        self._believe((), now)

    def _worth_telling(self, nonsense: Nonsense | None, now: float) -> Nonsense | None:
        if nonsense is None or now < self._nonsense_at + NONSENSE_TOLD_SECONDS:
            return None
        self._nonsense_at = now
        return nonsense


Amounts = tuple[float, float, float]
"""Requests, input tokens, output tokens."""
_NOTHING_SPENT: Amounts = (0, 0, 0)


def _read(told: Told, now: float, wall: float) -> tuple[tuple[Level, ...], Nonsense | None]:
    levels: list[Level] = []
    nonsense: Nonsense | None = None
    for name, bucket in (
        ("requests", told.requests),
        ("input tokens", told.input_tokens),
        ("output tokens", told.output_tokens),
        ("tokens", told.tokens),
    ):
        if bucket is None:
            continue
        level, found = _level(name, bucket, now, wall)
        if found is not None and (nonsense is None or found.state == "disbelieved"):
            nonsense = found
        if level is not None:
            levels.append(level)
    return tuple(levels), nonsense


def _level(name: str, bucket: Bucket, now: float, wall: float) -> tuple[Level | None, Nonsense | None]:
    limit, remaining, ahead = bucket.limit, bucket.remaining, bucket.reset_at - wall
    # Written so that what is not a number is disbelieved, too.
    if not -BEHIND_SECONDS_MAX <= ahead <= AHEAD_SECONDS_MAX and remaining != limit:
        return None, Nonsense("disbelieved", f"{name} are said to be there again in {ahead:.0f} s")
    if limit is not None and limit <= 0:
        return None, Nonsense("disbelieved", f"{name} are said to be limited to {limit} per minute")
    if not ahead > 0:
        return None, None
    whole = limit if limit is not None else max(1, remaining)
    level = Level(name, float(whole), float(min(max(0, remaining), whole)), now + ahead)
    if not 0 <= remaining <= whole:
        return level, Nonsense("clamped", f"{remaining} of {whole} {name} are said to be left")
    return level, None


def _ample(levels: tuple[Level, ...]) -> Amounts:
    """How much may be spent of each until anybody could have to leave something to others."""
    requests = input_tokens = output_tokens = inf
    for name, limit, remaining, _ in levels:
        spare = remaining - BATCH_FLOOR * limit
        if name == "requests":
            requests = min(requests, spare)
        elif name == "input tokens":
            input_tokens = min(input_tokens, spare)
        elif name == "output tokens":
            output_tokens = min(output_tokens, spare)
        else:
            # Both kinds draw on it: each may have half of what is spare.
            input_tokens, output_tokens = min(input_tokens, spare / 2), min(output_tokens, spare / 2)
    return requests, input_tokens, output_tokens


def _need(name: str, demand: Demand) -> float:
    return _part(name, (1, demand.input_tokens, demand.output_tokens))


def _part(name: str, amounts: Amounts) -> float:
    if name == "requests":
        return amounts[0]
    if name == "input tokens":
        return amounts[1]
    return amounts[2] if name == "output tokens" else amounts[1] + amounts[2]
