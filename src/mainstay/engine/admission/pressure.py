"""Pressure: who is turned away at the door, before an exchange is made, because more is asked for than can be served.

One level for each model that requests wait for too long, one for the whole gateway while its event loop lags. Once a
second: where too many wait, no more are let in than are served, a little fewer while the queue grows; else a little
more, and soon all once nobody waits at all. Work that only waits as batch work may never costs more urgent work its
place. See docs/overload.md.
"""

import msgspec

from mainstay.engine.admission import shedding
from mainstay.engine.admission.delays import EVERY_MODEL, Signal
from mainstay.engine.admission.level import POSITIONS, Level, position_of
from mainstay.engine.admission.room import WaitingRoom
from mainstay.engine.admission.sessions import Sessions
from mainstay.engine.demand import COHORTS, PRIORITIES, RANKS, Demand
from mainstay.model.dice import Dice
from mainstay.model.fault import Fault

LEVELS_MAX = 256
"""Models told apart; those beyond are under the level of the whole gateway."""
CALM_SECONDS = 30.0
"""A level that everybody passed for so long is at an end: until then it is the same one."""
PACE_MEMORY = 0.8
"""What is left of the measured pace after a second: a second alone is mostly chance."""
BEST_FADE = 0.98
"""What is left of the best pace after a second."""
FEWER_SHARE = 0.95
"""Of what is let in, where no pace can be measured."""
TRIM_MIN, TRIM_MAX, TRIM_FIRST = 0.7, 1.05, 0.97
"""What is let in for what is served: less while the queue grows, more while it shrinks."""
TRIM_GAIN = 0.1
RISE_SHARE, RISE_SHARE_BELOW = 0.003, 0.01
"""By so much more is let in each second in which nobody waits too long, and where it is less than what is known to be
served."""
IDLE_SECONDS = 3
KNOWN_SHARE = 0.9
"""So much of what is known to be served is let in at once when nobody has waited at all for so long."""
OVER_SECONDS = 10
OVER_SHARE, OVER_SHARE_MAX = 0.01, 0.1
"""After so long without anybody who waits it is over: by so much more is let in, each second by as much more again."""
LAG = Signal(1, grows=True, reason="the event loop lags")
LAST_RANK = len(PRIORITIES) - 1


class AdmissionChange(msgspec.Struct, frozen=True):
    """A level begins or ends to bind. `model` is `*` for the whole gateway; see `model.records.CapacityRecord`."""

    model: str
    state: str
    """The priority that is turned away in part, or `open`."""
    reason: str


class _Bound:
    """A level in force, and the pace that it follows."""

    __slots__ = (
        "_best",
        "_idle_seconds",
        "_lately",
        "_pace",
        "_pressed_seconds",
        "_trim",
        "calm_since",
        "is_told",
        "level",
        "reason",
    )

    def __init__(self, now: float) -> None:
        self.level = Level()
        self.reason = ""
        self.calm_since = now
        """Since when nobody was turned away."""
        self.is_told = False
        """Whether it has ever refused anything, and that was told."""
        self._pace = 0.0
        """How many are served per second while others wait."""
        self._lately = self._best = 0.0
        """The same of the last two seconds, and the best of that: what was served during a ramp says little of what can
        be once it is over."""
        self._pressed_seconds = 0
        self._trim = TRIM_FIRST
        self._idle_seconds = 0
        """For how long nobody has waited at all."""

    def press(self, signal: Signal) -> None:
        """Too many have waited in the last second."""
        # Only what is less urgent than those who wait makes way for them; and batch work for batch work.
        floor = COHORTS * (2 if signal.rank == LAST_RANK else 1)
        self.reason = signal.reason
        self._idle_seconds = 0
        self._pressed_seconds += 1
        weight = max(1.0 / self._pressed_seconds, 1.0 - PACE_MEMORY)
        self._pace += weight * (signal.served - self._pace)
        self._lately += (signal.served - self._lately) / 2.0
        self._best = max(BEST_FADE * self._best, self._lately)
        if self.level.position < floor:
            self.level.rise(floor)
            return
        if signal.served <= 0:
            if signal.grows:
                self.level.lower_to(FEWER_SHARE * self.level.per_second, floor)
            return
        self._trim = min(max(self._trim - TRIM_GAIN * signal.excess / self._pace, TRIM_MIN), TRIM_MAX)
        self.level.lower_to(self._trim * self._pace, floor)

    def ease(self, *, has_waited: bool) -> None:
        """Nobody has waited too long in the last second; `has_waited`: somebody has waited."""
        self._idle_seconds = 0 if has_waited else self._idle_seconds + 1
        over = OVER_SHARE * (self._idle_seconds - OVER_SECONDS)
        is_below = self.level.per_second < TRIM_FIRST * self._pace
        share = min(max(over, RISE_SHARE_BELOW if is_below else RISE_SHARE), OVER_SHARE_MAX)
        at_least = KNOWN_SHARE * max(self._best, self._pace) if self._idle_seconds >= IDLE_SECONDS else 0.0
        self.level.rise_to(max((1.0 + share) * self.level.per_second, at_least))


class Pressure:
    """Mutable; one per process."""

    def __init__(self, room: WaitingRoom) -> None:
        """No level is in force."""
        self.binds = False
        """Whether any level is in force. Look here before asking: nearly always there is none."""
        self._room = room
        self._levels: dict[str, _Bound] = {}
        self._sessions = Sessions()

    def refusal(self, demand: Demand, model: str, now: float, dice: Dice) -> Fault | None:
        """Why this request for `model` (the name that was asked for) may not come in."""
        levels = self._levels
        if not levels:
            return None
        position, bound = position_of(demand), self._sessions.position(demand, now)
        # Both count it, whatever the other one says.
        refused = [
            one.level
            for one in (levels.get(EVERY_MODEL), levels.get(model))
            if one is not None and not one.level.admits(position, bound)
        ]
        self._sessions.judged(demand, now, is_let_in=not refused)
        if not refused:
            return None
        rank = RANKS[demand.priority]
        self._room.count_shed(rank, shedding.SHED)
        seconds = max(level.steps_to(position) for level in refused)
        return shedding.shed(PRIORITIES[rank].value, shedding.retry_seconds(seconds, dice))

    def tick(self, now: float, *, lagging: bool = False) -> list[AdmissionChange]:
        """A second has passed; `lagging`: the event loop lags. What is worth a record."""
        signals = self._signals(now, lagging=lagging)
        waited = self._room.delays.waited
        if not signals and not waited and not self._levels:
            return []
        self._judge(signals, now)
        changes = [change for model, one in self._levels.items() if (change := _begun(model, one)) is not None]
        changes += self._ended(now)
        for model in (*signals, *waited):
            # It counts for a second at least before it binds, and knows the sessions that run.
            if model not in self._levels and (model in signals or len(self._levels) < LEVELS_MAX):
                self._levels[model] = _Bound(now)
        self.binds = bool(self._levels)
        if not self.binds:
            self._sessions.clear()
        return changes

    def binding(self) -> dict[str, int]:
        """By model (`*`: the whole gateway) the first position that is refused, where any is."""
        return {model: one.level.position for model, one in self._levels.items() if one.level.position < POSITIONS}

    def _signals(self, now: float, *, lagging: bool) -> dict[str, Signal]:
        told = self._room.delays.look(now)
        if lagging:
            told[EVERY_MODEL] = LAG
        room_left = LEVELS_MAX - len(self._levels)
        signals: dict[str, Signal] = {}
        for model, signal in told.items():
            is_known = model in self._levels
            room_left -= not is_known
            signals[model if is_known or room_left >= 0 else EVERY_MODEL] = signal
        return signals

    def _judge(self, signals: dict[str, Signal], now: float) -> None:
        for model, one in self._levels.items():
            if one.level.position < POSITIONS or model in signals:
                one.calm_since = now
            signal = signals.get(model)
            if signal is not None:
                one.press(signal)
            else:
                one.ease(has_waited=model in self._room.delays.waited)
            one.level.forget()

    def _ended(self, now: float) -> list[AdmissionChange]:
        calm = [model for model, one in self._levels.items() if now - one.calm_since >= CALM_SECONDS]
        ended = [(model, self._levels.pop(model)) for model in calm]
        reason = f"nobody was turned away for {CALM_SECONDS:g} s"
        return [AdmissionChange(model, "open", reason) for model, one in ended if one.is_told]


def _begun(model: str, one: _Bound) -> AdmissionChange | None:
    if one.is_told or one.level.position >= POSITIONS:
        return None
    one.is_told = True
    return AdmissionChange(model, PRIORITIES[one.level.position // COHORTS].value, one.reason)
