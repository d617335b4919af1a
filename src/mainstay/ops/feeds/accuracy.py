"""How far a provider's page can be trusted, measured by what our own requests met.

An episode of ours begins when detection holds a component of the provider for ill by evidence of its own, and ends when
it is well. One of the page's begins when the page first says so to its readers. Those of one provider that overlap are
one episode, however many models it names.
"""

from collections.abc import Iterable
from itertools import chain
from statistics import median
from typing import Final

import msgspec

from mainstay.model.components import Component, component_of
from mainstay.model.records import DetectionRecord, FeedRecord, Record

WINDOW_SECONDS: Final = 7_776_000.0
EARLY_SECONDS: Final = 1_800.0
"""A page that ended its episode so long before ours began spoke of something else."""
LATE_SECONDS: Final = 3_600.0
"""A page that says so longer after our episode is over speaks of something else."""
JOIN_SECONDS: Final = 600.0
"""Episodes that are so close are one."""
SPELLS_MAX: Final = 2_000
EPISODES_MIN: Final = 3
"""Of fewer nothing is concluded."""
ABOUT: Final = "about "
FOREVER: Final = float("inf")

GRADES: Final = (("A", 0.9, 300.0), ("B", 0.75, 900.0), ("C", 0.5, 3_600.0), ("D", 0.25, FOREVER))
"""Letter, least share of our episodes that the page told of, longest median lag in seconds."""
UNGRADED: Final = "-"


class Accuracy(msgspec.Struct, frozen=True):
    """What 90 days have shown. Positive lags are seconds by which the page was later than we."""

    upstream: str
    grade: str
    """`A` to `F`, or `-` where too little happened."""
    told: int
    """Episodes of ours that the page told of."""
    missed: int
    unfounded: int
    """Episodes of the page in which our own requests met nothing."""
    lag_seconds: float | None
    """The median."""
    words: str


class _Spell(msgspec.Struct):
    """From `start` on a component was ill; until `end`, or it still is."""

    component: Component
    start: float
    end: float = FOREVER


class _Episode(msgspec.Struct):
    """Spells that belong together."""

    spells: list[_Spell]

    @property
    def start(self) -> float:
        return min(one.start for one in self.spells)

    @property
    def end(self) -> float:
        return max(one.end for one in self.spells)


class AccuracyFold:
    """Takes `FeedRecord`s and `DetectionRecord`s, oldest first. Others are let pass."""

    def __init__(self) -> None:
        self._page: dict[str, list[_Spell]] = {}
        self._own: dict[str, list[_Spell]] = {}

    def take(self, record: Record) -> None:
        """Learn from a record."""
        if isinstance(record, FeedRecord) and record.subject.startswith(ABOUT):
            # When readers could see it: the page's own word, as far as our last look before allows it.
            at = record.at if record.said_at is None else min(record.said_at, record.at)
            is_bad = record.state not in {"operational", "under_maintenance"}
            _note(self._page, record.subject.removeprefix(ABOUT), at, is_bad=is_bad)
        elif isinstance(record, DetectionRecord) and record.state in {"ill", "well"}:
            is_bad = record.state == "ill"
            if not is_bad or any(one.kind == "own" and one.is_bad for one in record.evidence):
                _note(self._own, record.component, record.at, is_bad=is_bad)

    def accuracy(self, upstream: str, wall: float) -> Accuracy:
        """What the last 90 days say of an upstream's page."""
        since = wall - WINDOW_SECONDS
        own = [one for one in _episodes(self._own.get(upstream, ())) if one.start >= since]
        page = [one for one in _episodes(self._page.get(upstream, ())) if one.start >= since]
        lags, missed = [], 0
        for episode in own:
            matches = [one.start - episode.start for one in page if _is_same(episode, one)]
            if matches:
                lags.append(min(matches, key=abs))
            elif min(episode.end, wall) - episode.start >= LATE_SECONDS or wall - episode.end >= LATE_SECONDS:
                missed += 1
        unfounded = sum(
            1 for one in page if wall - one.start >= LATE_SECONDS and not any(_is_same(episode, one) for episode in own)
        )
        lag = median(lags) if lags else None
        return Accuracy(
            upstream,
            _grade(len(lags), missed, unfounded, lag),
            len(lags),
            missed,
            unfounded,
            lag,
            _words(len(lags), missed, unfounded, lag),
        )


def _note(spells: dict[str, list[_Spell]], name: str, at: float, *, is_bad: bool) -> None:
    component = component_of(name)
    if component is None or not component.is_provider:
        return
    its = spells.setdefault(component.upstream, [])
    living = next((one for one in reversed(its) if one.component == component and one.end == FOREVER), None)
    if is_bad and living is None:
        its.append(_Spell(component, at))
        del its[:-SPELLS_MAX]
    elif not is_bad and living is not None:
        living.end = max(at, living.start)


def _episodes(spells: Iterable[_Spell]) -> list[_Episode]:
    episodes: list[_Episode] = []
    for spell in sorted(spells, key=lambda one: one.start):
        last = next((one for one in reversed(episodes) if _belongs(spell, one)), None)
        if last is None:
            episodes.append(_Episode([spell]))
        else:
            last.spells.append(spell)
    return episodes


def _belongs(spell: _Spell, episode: _Episode) -> bool:
    return spell.start <= episode.end + JOIN_SECONDS and spell.component.part == episode.spells[0].component.part


def _is_same(own: _Episode, page: _Episode) -> bool:
    if page.start > own.end + LATE_SECONDS or page.end < own.start - EARLY_SECONDS:
        return False
    pairs = chain.from_iterable(((ours, theirs) for theirs in page.spells) for ours in own.spells)
    return any(_is_related(ours.component, theirs.component) for ours, theirs in pairs)


def _is_related(ours: Component, theirs: Component) -> bool:
    """Whether one is the other or a part of it."""
    return ours.part == theirs.part and (ours.model == theirs.model or not ours.model or not theirs.model)


def _grade(told: int, missed: int, unfounded: int, lag: float | None) -> str:
    if told + missed < EPISODES_MIN:
        return UNGRADED
    share = told / (told + missed)
    letters = [*(letter for letter, _, _ in GRADES), "F"]
    found = next((letter for letter, least, longest in GRADES if share >= least and (lag or 0.0) <= longest), "F")
    # A page that mostly cries wolf is worth a grade less.
    step = 1 if unfounded > told else 0
    return letters[min(letters.index(found) + step, len(letters) - 1)]


def _words(told: int, missed: int, unfounded: int, lag: float | None) -> str:
    if not told and not missed:
        return "we have seen no trouble of its own that it could have told"
    words = f"told {told} of {told + missed} troubles that we saw"
    if lag is not None:
        words += f", in the median {abs(lag) / 60:.0f} min {'after' if lag >= 0 else 'before'} us"
    return words + (f"; {unfounded} that we did not see" if unfounded else "")
