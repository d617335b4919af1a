"""Capacity: how much each candidate may be given now.

Six things bind, each of them only where there is a reason: configured concurrency and rates (`pool`, `ports`), limits
learned from overload (`learned`) and from throttling (`learned_rate`), the ramp after an outage (`ramp`), and what
providers tell of their own limits (`quota`). Everything is kept per (upstream, model, credential), except for what
belongs to the whole upstream.
"""

from collections.abc import Callable, Sequence
from math import inf

from mainstay.engine.capacity.change import CapacityChange
from mainstay.engine.capacity.hold import Hold
from mainstay.engine.capacity.learned import CRITICAL, LearnedLimit
from mainstay.engine.capacity.learning import learn
from mainstay.engine.capacity.place import Place
from mainstay.engine.capacity.places import Places
from mainstay.engine.capacity.ports import Rates
from mainstay.engine.capacity.quota import Quota
from mainstay.engine.capacity.reserved_rates import ReservedRates
from mainstay.engine.capacity.shares import fits
from mainstay.engine.capacity.standing import CapacityStanding
from mainstay.engine.demand import Demand
from mainstay.engine.key import Key
from mainstay.engine.observation import Observation
from mainstay.engine.peers import Peers
from mainstay.model.catalogue import Candidate, Limits
from mainstay.model.news import LoadNews
from mainstay.model.rates import Told

NOTHING: tuple[CapacityChange, ...] = ()
TOLD_PAUSE_SECONDS = 0.25
"""Between two readings of what a provider tells of its limits; what is started meanwhile is counted here."""


def _same(now: float) -> float:
    return now


class Capacity:
    """Mutable; one per process."""

    def __init__(
        self,
        peers: Peers | None = None,
        rates: Rates | None = None,
        wall_of: Callable[[float], float] = _same,
    ) -> None:
        """`peers` are the processes that share the limits (`None`: nobody does), `rates` counts requests and tokens per
        minute (`None`: they are not bounded). `wall_of` turns an instant into seconds since 1970."""
        self._peers = peers
        self._whole_rates = rates
        """Where nothing is reserved, which is the usual case."""
        self._rates = None if rates is None else ReservedRates(rates)
        self._wall_of = wall_of
        self._now, self._now_wall = -inf, 0.0
        """The instant of the last look, and what it is in seconds since 1970: whoever found room takes it then."""
        self._places = Places()

    @property
    def processes(self) -> int:
        """How many share the upstreams, or may: this one and those that are or may be alive."""
        return 1 if self._peers is None else self._peers.count

    def hold(self, candidate: Candidate, key: Key, demand: Demand, now: float) -> Hold | None:
        """Why an attempt at this candidate may not start now; `None` where there is room."""
        place = self._places.known.get(key) or self._places.made(key, now)
        limits = candidate.upstream.limits
        if limits is not place.limits:
            place.bind(limits)
        if place.line.learned is None:
            if place.is_free:
                return None
            if place.is_told_only and place.quota is not None:
                return place.quota.hold(demand, now)
        return self._worst(place, limits, demand, now)

    def take(self, candidate: Candidate, key: Key, demand: Demand, now: float) -> None:
        """An attempt starts, or is promised to somebody who waited."""
        place = self._places.known.get(key) or self._places.made(key, now)
        limits = candidate.upstream.limits
        if limits is not place.limits:
            place.bind(limits)
        line = place.line
        line.running += 1
        place.pool.running += 1
        place.rate.count(now)
        if line.learned is None:
            if place.is_free:
                return
            if place.is_told_only and place.quota is not None:
                place.quota.take(demand)
                return
        self._take(place, limits, demand, now)

    def release(self, candidate: Candidate, key: Key, demand: Demand, now: float) -> None:
        """What was promised is not used."""
        place, limits = self._places.known.get(key), candidate.upstream.limits
        if place is None or not _put_back(place, limits, demand):
            return
        if place.ramp is not None:
            place.ramp.release()
        if place.quota is not None:
            place.quota.release(demand)
        if place.throttle is not None:
            place.throttle.release()
        if self._rates is not None and place.has_rates:
            self._rates.release(key.upstream, limits, demand, self._wall_of(now))

    def give_back(self, candidate: Candidate, key: Key, demand: Demand, seen: Observation) -> Sequence[CapacityChange]:
        """An attempt has ended; what that changed and is worth a record."""
        place, limits = self._places.known.get(key), candidate.upstream.limits
        if place is None:
            return NOTHING
        running = place.line.running
        if not _put_back(place, limits, demand) or (
            place.is_free and place.line.learned is None and seen.fault is None
        ):
            return place.take_changes()
        if place.has_rates and self._rates is not None and self._whole_rates is not None:
            wall, counted_at = seen.wall, seen.wall - (seen.ended_at - seen.started_at)
            if limits.reserved:
                self._rates.correct(key.upstream, limits, demand, seen.usage, wall, counted_at)
            else:
                self._whole_rates.correct(key.upstream, demand, seen.usage, wall, counted_at)
        quota = place.quota
        is_proof = quota is not None and quota.zero_since is not None
        if seen.fault is not None or is_proof or place.is_pupil or place.line.learned is not None:
            learn(place, running, seen)
        return place.take_changes()

    def wants_told(self, key: Key, now: float) -> bool:
        """Whether it is time to read again what the provider tells of its limits: reading costs more than it brings
        when many responses come each second."""
        place = self._places.known.get(key)
        return place is None or now >= place.tell_at

    def told(self, key: Key, told: Told | None, now: float, wall: float) -> Sequence[CapacityChange]:
        """A response that came at `now` told its provider's limits; what is worth a record."""
        place = self._places.known.get(key) or self._places.made(key, now)
        place.tell_at = now + TOLD_PAUSE_SECONDS
        if told is None:
            return NOTHING
        if place.quota is None:
            place.quota = Quota()
            place.look()
        nonsense = place.quota.told(told, now, wall)
        return NOTHING if nonsense is None else (CapacityChange("quota", nonsense.state, nonsense.reason),)

    def copes(self, key: Key, now: float) -> bool:
        """Whether an answer that tells of overload says only that it is given too much, which its learned limit sees
        to. False while its breaker is not closed: then nothing is learned."""
        place = self._places.known.get(key)
        if place is None or place.goal is not None or place.line.learned is None:
            return False
        return place.line.learned.copes(now)

    def outage(self, key: Key, now: float) -> None:
        """Its breaker is closed no longer."""
        place = self._places.known.get(key)
        if place is not None:
            place.outage(now)

    def recovered(self, key: Key, now: float) -> None:
        """Its breaker has closed."""
        place = self._places.known.get(key)
        ramp = None if place is None else place.recovered(now)
        if place is not None and ramp is not None:
            reason = f"{ramp.rate:.3g} of {ramp.goal:.3g} starts per second, doubling while attempts succeed"
            place.add_change("ramp", "begin", reason)

    def take_news(self, at: float) -> list[LoadNews]:
        """What others do not know yet of what is under way here; `at` is now by the clock that all share."""
        return [news for pool in self._places.pools.values() for news in pool.take_news(at)]

    def everything(self, at: float) -> list[LoadNews]:
        """The whole account."""
        return [news for pool in self._places.pools.values() for news in pool.everything(at)]

    def adopt_load(self, node: str, news: LoadNews, now: float) -> bool:
        """Hear what another process has under way; false where that is not taken."""
        peers = self._peers
        if peers is not None and not peers.expects(node):
            return False
        pool = self._places.pool_to_hear(news.upstream)
        return pool is not None and pool.elsewhere.heard(node, news, now)

    def standing(self, now: float) -> CapacityStanding:
        """How everything stands, for readiness and metrics."""
        return self._places.standing(self._peers, now)

    def _worst(self, place: Place, limits: Limits, demand: Demand, now: float) -> Hold | None:
        """Of all that holds, what holds the longest."""
        worst: Hold | None = None
        concurrency, ramp, quota = place.concurrency, place.ramp, place.quota
        if concurrency is not None:
            worst = place.pool.hold(limits, concurrency, demand, now, self._peers)
        if place.line.learned is not None:
            worst = _later(worst, _learned_hold(place, place.line.learned, limits, demand, now))
        if ramp is not None:
            worst = _later(worst, ramp.hold(now))
        if quota is not None and (told := quota.hold(demand, now)) is not None:
            worst = _later(worst, told)
        if place.throttle is not None:
            worst = _later(worst, place.throttle.hold(now))
        if place.has_rates and self._rates is not None and self._whole_rates is not None:
            rates = self._rates if limits.reserved else self._whole_rates
            wall = self._now_wall = self._wall_of(now)
            self._now = now
            wait = rates.wait_seconds(place.key.upstream, limits, demand, wall)
            if wait > 0:
                worst = _later(worst, Hold(now + wait, "the upstream's limits per minute are used up"))
        return worst

    def _take(self, place: Place, limits: Limits, demand: Demand, now: float) -> None:
        if limits.reserved:
            place.pool.begin_share(limits, demand.workload)
            place.line.begin_share(limits, demand.workload)
        if place.concurrency is not None:
            place.pool.take(limits, place.concurrency, now, self._peers)
        if place.line.learned is not None and demand.priority is CRITICAL:
            place.line.learned.critical_started()
        if place.ramp is not None:
            place.ramp.take(now)
        if place.quota is not None:
            place.quota.take(demand)
        if place.throttle is not None:
            place.throttle.take(now)
        if not place.has_rates or self._rates is None or self._whole_rates is None:
            return
        wall = self._now_wall if now == self._now else self._wall_of(now)
        if limits.reserved:
            self._rates.count(place.key.upstream, limits, demand, wall)
        else:
            self._whole_rates.count(place.key.upstream, demand, wall)


def _put_back(place: Place, limits: Limits, demand: Demand) -> bool:
    """One attempt less; false where none was under way."""
    line, pool = place.line, place.pool
    if line.running <= 0:
        return False
    line.running -= 1
    pool.running -= 1
    if limits.reserved:
        pool.end_share(limits, demand.workload)
        line.end_share(limits, demand.workload)
    return True


def _later(first: Hold | None, second: Hold | None) -> Hold | None:
    if first is None or second is None:
        return first or second
    return second if second.ready_at > first.ready_at else first


def _learned_hold(place: Place, learned: LearnedLimit, limits: Limits, demand: Demand, now: float) -> Hold | None:
    line = place.line
    if learned.why_forgotten(now):
        return None
    if fits(learned.open_to(demand.priority, now), limits.reserved, demand.workload, line.running, line.running_by):
        return None
    if demand.priority is CRITICAL:
        learned.critical_waits(now)
    return Hold(inf, f"{learned.places} attempts at once are what it bears by its signs of overload")
