"""All places that attempts are made at. Bounded: keys are made of configured names, except for models that pass through
under any name that a caller asks for."""

from mainstay.engine.capacity.place import Line, Place
from mainstay.engine.capacity.pool import Pool
from mainstay.engine.capacity.standing import (
    CapacityStanding,
    LearnedRateStanding,
    LineLimit,
    QuotaStanding,
    RampStanding,
    UpstreamLoad,
)
from mainstay.engine.key import Key
from mainstay.engine.peers import Peers

KEYS_MAX = 10_000
"""Beyond, places where nothing is under way are forgotten. What is under way is bounded by connections."""
POOLS_HEARD_MAX = 1_000
"""Upstreams in all, beyond which none is remembered for being named by another process only."""
ROWS_MAX = 1_000
"""Of each kind, in an account for people."""


class Places:
    """Mutable; one per process."""

    def __init__(self) -> None:
        """With no place known."""
        self.known: dict[Key, Place] = {}
        self.pools: dict[str, Pool] = {}
        self._lines: dict[tuple[str, str], Line] = {}
        self._room = KEYS_MAX

    def made(self, key: Key, now: float) -> Place:
        """A new place."""
        if len(self.known) >= self._room:
            self._forget()
        name = (key.upstream, key.model)
        line = self._lines.get(name)
        if line is None:
            line = self._lines[name] = Line()
        place = self.known[key] = Place(key, self._pool(key.upstream), line, now)
        return place

    def pool_to_hear(self, upstream: str) -> Pool | None:
        """The pool of an upstream that another process speaks of."""
        if upstream in self.pools or len(self.pools) < POOLS_HEARD_MAX:
            return self._pool(upstream)
        return None

    def standing(self, peers: Peers | None, now: float) -> CapacityStanding:
        """See `Capacity.standing`."""
        places = list(self.known.values())
        bound = [one for one in places if not one.is_untroubled][:ROWS_MAX]
        return CapacityStanding(
            tuple(_load(pool, peers) for pool in list(self.pools.values())[:ROWS_MAX]),
            tuple(dict.fromkeys(row for one in bound for row in _limits(one))),
            tuple(row for one in bound for row in _rates(one)),
            tuple(row for one in bound for row in _ramps(one)),
            tuple(row for one in bound for row in _quotas(one, now))[:ROWS_MAX],
        )

    def _pool(self, upstream: str) -> Pool:
        pool = self.pools.get(upstream)
        if pool is None:
            pool = self.pools[upstream] = Pool(upstream)
        return pool

    def _forget(self) -> None:
        """Forget places that are idle; first those with nothing to remember."""
        self._keep([one for one in self.known.values() if not (one.is_idle and one.is_untroubled)])
        if len(self.known) > KEYS_MAX // 2:
            self._keep([one for one in self.known.values() if not one.is_idle])
        # Looked through again only when there are twice as many, so that a look costs each new place the same.
        self._room = max(KEYS_MAX, 2 * len(self.known))

    def _keep(self, places: list[Place]) -> None:
        self.known = {one.key: one for one in places}
        self._lines = {(one.key.upstream, one.key.model): one.line for one in places}


def _load(pool: Pool, peers: Peers | None) -> UpstreamLoad:
    limit = None if pool.limits is None else pool.limits.concurrency
    return UpstreamLoad(pool.name, pool.running, pool.known_elsewhere(peers), limit)


def _limits(place: Place) -> list[LineLimit]:
    learned = place.line.learned
    if learned is None:
        return []
    return [LineLimit(place.key.upstream, place.key.model, place.line.running, learned.places)]


def _rates(place: Place) -> list[LearnedRateStanding]:
    return [] if place.throttle is None else [LearnedRateStanding(*place.key, place.throttle.rate)]


def _ramps(place: Place) -> list[RampStanding]:
    return [] if place.ramp is None else [RampStanding(*place.key, place.ramp.rate, place.ramp.goal)]


def _quotas(place: Place, now: float) -> list[QuotaStanding]:
    if place.quota is None:
        return []
    return [QuotaStanding(*place.key, one.name, int(one.limit), int(one.remaining)) for one in place.quota.left(now)]
