"""The waiting room: who waits for capacity, and who is called when there is some.

Critical work goes first, the oldest of it first; then interactive work, the newest first (who has waited for a minute
has usually gone); then batch work, the oldest first. Between the tenants of one priority room is shared by weight. No
priority starves: while they wait, interactive work gets a tenth and batch work a twentieth of what is handed out.

The room is bounded. Where it is full, whoever is least urgent makes way: of the lowest priority, the tenant that has
most waiting for its weight, and of that the sessions that pressure would turn away first, the newest first.
"""

from collections.abc import Callable
from math import ceil

import msgspec

from mainstay.engine.admission import shedding
from mainstay.engine.admission.delays import Delays
from mainstay.engine.admission.priority_queue import PriorityQueue
from mainstay.engine.admission.waiter import Offer, Waiter
from mainstay.engine.capacity.capacity import Capacity
from mainstay.engine.demand import RANKS
from mainstay.model.catalogue import Priority
from mainstay.model.dice import Dice
from mainstay.model.fault import Fault

OWED = 100


class RoomStatus(msgspec.Struct, frozen=True):
    """For readiness and metrics, by priority. `shed` counts by (priority, reason)."""

    waiting: dict[str, int]
    handed_out: dict[str, int]
    shed: dict[tuple[str, str], int]


def _no_matter() -> None:
    """Nobody wants to know."""


class WaitingRoom:
    """Mutable; one per process."""

    def __init__(self, capacity: Capacity, size_max: int = 1_000) -> None:
        """`size_max` waiters at the most."""
        self.size_max = size_max
        self.size = 0
        self.delays = Delays()
        self.on_waiting: Callable[[], None] = _no_matter
        """Called when somebody begins to wait where nobody did: from then on `call_due` is to be asked often."""
        self._capacity = capacity
        self._queues = (
            PriorityQueue(Priority.CRITICAL, newest_first=False, share_of_room=1.0, trickle_percent=0),
            PriorityQueue(Priority.INTERACTIVE, newest_first=True, share_of_room=0.9, trickle_percent=10),
            PriorityQueue(Priority.BATCH, newest_first=False, share_of_room=0.5, trickle_percent=5),
        )
        self._trickling = tuple(reversed([one for one in self._queues if one.trickle_percent]))
        self._awaited: dict[str, int] = {}
        """How many wait for an upstream."""
        self._shed: dict[tuple[str, str], int] = {}

    def enter(self, waiter: Waiter, offers: tuple[Offer, ...], now: float, dice: Dice) -> Fault | None:
        """Wait for one of these; why not, where nobody else must make way. Who finds room at once is called before this
        returns, though its bell cannot ring yet: look at `granted`."""
        rank = RANKS[waiter.demand.priority]
        queue = self._queues[rank]
        if not self._has_place(rank, waiter, now, dice):
            self.delays.refused(rank, waiter.model, now)
            return self._count(rank, shedding.queue_full(queue.name, self.size, self._seconds(queue, now, dice)))
        waiter.offers = offers
        waiter.standing = self.delays.entered(rank, waiter.model, now)
        queue.add(waiter)
        self.size += 1
        for name in {one.key.upstream for one in offers}:
            self._awaited[name] = self._awaited.get(name, 0) + 1
        if self.size == 1:
            self.on_waiting()
        self.call(now)
        return None

    def leave(self, waiter: Waiter, now: float) -> None:
        """It waits no longer; what it was called for and did not use goes to others."""
        granted = waiter.granted
        if granted is not None:
            waiter.granted = None
            self._capacity.release(granted.candidate, granted.key, waiter.demand, now)
            self.call(now, granted.key.upstream)
        elif waiter.is_waiting:
            self._queue_of(waiter).gone(waiter)
            self._gone(waiter)

    def patience_over(self, waiter: Waiter, now: float, dice: Dice) -> Fault:
        """It has waited as long as its workload or its deadline allows."""
        rank = RANKS[waiter.demand.priority]
        queue = self._queues[rank]
        seconds = self._seconds(queue, now, dice)
        if waiter.is_waiting:
            queue.gone(waiter)
            self._gone(waiter, lost=True)
        return self._count(rank, shedding.queue_timeout(now - waiter.entered_at, seconds))

    def call(self, now: float, upstream: str = "") -> None:
        """Call those whose turn it is, as many as there is capacity for; where only one `upstream` has become freer,
        those who wait for it."""
        if not self.size:
            return
        full: set[int] = set()
        while self.size and self._call_next(now, upstream, full):
            pass

    def call_due(self, now: float) -> None:
        """As `call`, for room that comes with time alone. To be asked every 50 ms while somebody waits."""
        self.call(now)

    def awaits(self, upstream: str) -> bool:
        """Whether anybody waits for this upstream: then newcomers, too, must come through the room."""
        return upstream in self._awaited

    def count_shed(self, rank: int, reason: str) -> None:
        """One was turned away for this reason."""
        name = (self._queues[rank].name, reason)
        self._shed[name] = self._shed.get(name, 0) + 1

    def status(self) -> RoomStatus:
        """How it stands."""
        return RoomStatus(
            {one.name: one.size for one in self._queues},
            {one.name: one.handed_out for one in self._queues},
            dict(self._shed),
        )

    def _call_next(self, now: float, upstream: str, full: set[int]) -> bool:
        """Call one. `full` gathers the lines that there is no room for."""
        for queue in self._trickling:
            if queue.size and queue.owed_percent >= OWED and self._call_from(queue, now, upstream, full):
                return True
        return any(queue.size and self._call_from(queue, now, upstream, full) for queue in self._queues)

    def _call_from(self, queue: PriorityQueue, now: float, upstream: str, full: set[int]) -> bool:
        for _, _, _, line, waiter in queue.turns(upstream):
            if id(line) in full:
                continue
            for offer in waiter.offers:
                if self._capacity.hold(offer.candidate, offer.key, waiter.demand, now) is None:
                    self._grant(queue, waiter, offer, now)
                    return True
            full.add(id(line))
        return False

    def _grant(self, queue: PriorityQueue, waiter: Waiter, offer: Offer, now: float) -> None:
        for other in self._trickling:
            if other.size:
                # No more than one beforehand: who could not be served for long is not to be made up to in a burst.
                owed_max = OWED + other.trickle_percent
                other.owed_percent = min(other.owed_percent + other.trickle_percent, owed_max)
        queue.owed_percent = max(0, queue.owed_percent - OWED)
        queue.called(waiter, now)
        self._gone(waiter)
        waiter.granted = offer
        self._capacity.take(offer.candidate, offer.key, waiter.demand, now)
        waiter.bell()

    def _has_place(self, rank: int, waiter: Waiter, now: float, dice: Dice) -> bool:
        """Whether it may wait, if need be in the place of another."""
        queue = self._queues[rank]
        if queue.size >= ceil(queue.share_of_room * self.size_max):
            return self._expel_own(queue, waiter, now, dice)
        if self.size < self.size_max:
            return True
        for lower in range(len(self._queues) - 1, rank, -1):
            if self._queues[lower].size:
                self._expel(self._queues[lower], now, dice)
                return True
        return self._expel_own(queue, waiter, now, dice)

    def _expel_own(self, queue: PriorityQueue, waiter: Waiter, now: float, dice: Dice) -> bool:
        """Expel one of the same priority, whose tenant has more waiting for its weight than the newcomer's would."""
        demand, greediest = waiter.demand, queue.greediest()
        if greediest is None or greediest.tenant == demand.tenant:
            return False
        if greediest.waiting * demand.weight <= (queue.waiting_of(demand.tenant) + 1) * greediest.weight:
            return False
        self._expel(queue, now, dice)
        return True

    def _expel(self, queue: PriorityQueue, now: float, dice: Dice) -> None:
        greediest = queue.greediest()
        found = None if greediest is None else greediest.rejectable.first()
        if found is None:
            return
        waiter = found[1]
        rank = RANKS[waiter.demand.priority]
        seconds = self._seconds(queue, now, dice)
        waiter.expelled = self._count(rank, shedding.queue_full(queue.name, self.size, seconds))
        queue.gone(waiter)
        self._gone(waiter, turned_away=True)
        waiter.bell()

    def _gone(self, waiter: Waiter, *, lost: bool = False, turned_away: bool = False) -> None:
        """It has left its queue."""
        self.size -= 1
        standing = waiter.standing
        if standing is not None:
            standing.left(lost=lost, turned_away=turned_away)
        for name in {one.key.upstream for one in waiter.offers}:
            left = self._awaited[name] - 1
            if left:
                self._awaited[name] = left
            else:
                del self._awaited[name]

    def _seconds(self, queue: PriorityQueue, now: float, dice: Dice) -> float:
        """When somebody of this priority may come again: when those who wait now have been served."""
        rate = queue.drain.per_second(now)
        estimate = (queue.size + 1) / rate if rate > 0.0 else shedding.UNKNOWN_SECONDS
        return shedding.retry_seconds(estimate, dice)

    def _queue_of(self, waiter: Waiter) -> PriorityQueue:
        return self._queues[RANKS[waiter.demand.priority]]

    def _count(self, rank: int, fault: Fault) -> Fault:
        self.count_shed(rank, fault.code)
        return fault
