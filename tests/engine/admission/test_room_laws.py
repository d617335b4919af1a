from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mainstay.engine.admission.room import WaitingRoom
from mainstay.engine.admission.waiter import Waiter
from mainstay.model.catalogue import Priority
from tests.engine.admission.places import BATCH, CRITICAL, INTERACTIVE, Vacancies, even, offers, waiter

PRIORITIES = (CRITICAL, INTERACTIVE, BATCH)


class Comings(RuleBasedStateMachine):
    """Whatever happens in whatever order, nobody is lost and no room is."""

    size_max = 6
    places = 2

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.capacity = Vacancies(a=self.places, b=self.places)
        self.room = WaitingRoom(self.capacity, self.size_max)
        self.waiting: list[Waiter] = []
        self.running: list[tuple[Waiter, str]] = []
        self.entered = self.turned_away = self.ended = self.left = 0

    @rule(
        priority=st.sampled_from(PRIORITIES),
        tenant=st.sampled_from(("x", "y")),
        cohort=st.integers(0, 3),
        choice=st.sampled_from((("a",), ("b",), ("a", "b"))),
    )
    def enter(self, priority: Priority, tenant: str, cohort: int, choice: tuple[str, ...]) -> None:
        self.now += 0.1
        one = waiter(priority, self.now, tenant=tenant, cohort=cohort)
        self.entered += 1
        if self.room.enter(one, offers(*choice), self.now, even) is None:
            self.waiting.append(one)
        else:
            self.turned_away += 1
        self.settle()

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def an_attempt_ends(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.running))
        self.running.remove(one)
        self.capacity.free[one[1]] += 1
        self.ended += 1
        self.room.call(self.now, one[1])
        self.settle()

    @precondition(lambda self: self.waiting)
    @rule(data=st.data(), patience=st.booleans())
    def somebody_goes(self, data: st.DataObject, *, patience: bool) -> None:
        one = data.draw(st.sampled_from(self.waiting))
        if patience:
            self.room.patience_over(one, self.now, even)
        self.room.leave(one, self.now)
        self.waiting.remove(one)
        self.left += 1
        self.settle()

    def settle(self) -> None:
        """Those who were called begin, those who were expelled go."""
        for one in [one for one in self.waiting if one.granted is not None or one.expelled is not None]:
            self.waiting.remove(one)
            assert not one.is_waiting
            assert (one.granted is None) != (one.expelled is None)
            if one.granted is not None:
                self.running.append((one, one.granted.key.upstream))
                one.granted = None
            else:
                self.turned_away += 1
            self.room.leave(one, self.now)

    @invariant()
    def nobody_is_lost(self) -> None:
        assert self.entered == len(self.waiting) + len(self.running) + self.turned_away + self.ended + self.left
        status = self.room.status()
        assert self.room.size == len(self.waiting) == sum(status.waiting.values())
        assert self.room.size <= self.size_max

    @invariant()
    def no_room_is_lost_and_none_stays_empty_while_somebody_would_take_it(self) -> None:
        running = Counter(upstream for _, upstream in self.running)
        assert all(self.capacity.free[name] + running[name] == self.places for name in "ab")
        wanted = {offer.key.upstream for one in self.waiting for offer in one.offers}
        assert all(self.capacity.free[name] == 0 for name in wanted)
        assert {name for name in "ab" if self.room.awaits(name)} == wanted


Comings.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestComings = Comings.TestCase
