"""Counts of attempts and failures by slots of time, in memory that does not grow."""

from array import array
from typing import Final, NamedTuple


class Count(NamedTuple):
    """How many attempts ended, and how many of them failed."""

    attempts: int
    failures: int

    @property
    def ratio(self) -> float:
        """The share that failed; 0 of nothing."""
        return self.failures / self.attempts if self.attempts else 0.0


_NONE: Final = Count(0, 0)


class Ring:
    """The last `slots` slots of time. What is older is let go, what comes late is counted where it belongs."""

    __slots__ = ("_attempts", "_failures", "_last", "_slot_seconds", "_slots")

    def __init__(self, slot_seconds: int, slots: int) -> None:
        """`slots` times `slot_seconds` is how far it looks back."""
        self._slot_seconds = slot_seconds
        self._slots = slots
        self._last = -slots
        """The newest slot that anything was counted in, numbered from 1970 on. Those before it are kept up to date."""
        self._attempts = array("q", [0]) * slots
        self._failures = array("q", [0]) * slots

    def add(self, at: float, attempts: int, failures: int) -> None:
        """Count what ended at this instant."""
        number = int(at) // self._slot_seconds
        if number != self._last:
            if number > self._last:
                self._advance(number)
            elif number <= self._last - self._slots:
                return
        index = number % self._slots
        self._attempts[index] += attempts
        if failures:
            self._failures[index] += failures

    def count(self, wall: float, seconds: float, since: float = 0.0) -> Count:
        """What ended in the last `seconds`, and not before `since`, to the slot: of a slot that is not wholly inside,
        the window's own is left out, and so is the one of `since`; the current one is counted."""
        step, slots = self._slot_seconds, self._slots
        last = min(int(wall) // step, self._last)
        first = max(int((wall - seconds) // step) + 1, -int(-since // step), self._last - slots + 1)
        if first > last:
            return _NONE
        start, end = first % slots, last % slots + 1
        if start < end:
            return Count(sum(self._attempts[start:end]), sum(self._failures[start:end]))
        attempts = sum(self._attempts[start:]) + sum(self._attempts[:end])
        return Count(attempts, sum(self._failures[start:]) + sum(self._failures[:end]))

    def slots(self, wall: float, count: int) -> list[tuple[float, Count]]:
        """The last so many slots up to this instant, oldest first, each with the instant that it begins at."""
        step, last = self._slot_seconds, int(wall) // self._slot_seconds
        oldest = self._last - self._slots
        found = []
        for number in range(last - min(count, self._slots) + 1, last + 1):
            index = number % self._slots
            is_there = oldest < number <= self._last
            counted = Count(self._attempts[index], self._failures[index]) if is_there else _NONE
            found.append((float(number * step), counted))
        return found

    def _advance(self, number: int) -> None:
        """Empty the slots up to this one for their new use."""
        for passed in range(max(self._last, number - self._slots) + 1, number + 1):
            index = passed % self._slots
            self._attempts[index] = self._failures[index] = 0
        self._last = number


_KIND_SLOTS_MAX: Final = 64
_KINDS_MAX: Final = 32


class Kinds:
    """How often each kind of fault was met in the last few minutes."""

    __slots__ = ("_slot_seconds", "_slots")

    def __init__(self, slot_seconds: int) -> None:
        """With the slots of a ring its windows are the same."""
        self._slot_seconds = slot_seconds
        self._slots: dict[int, dict[str, int]] = {}

    def add(self, at: float, kind: str) -> None:
        """Count one."""
        number = int(at) // self._slot_seconds
        slot = self._slots.get(number)
        if slot is None:
            slot = self._slots[number] = {}
            if len(self._slots) > _KIND_SLOTS_MAX:
                del self._slots[min(self._slots)]
        if kind in slot or len(slot) < _KINDS_MAX:
            slot[kind] = slot.get(kind, 0) + 1

    def count(self, wall: float, seconds: float, since: float = 0.0) -> dict[str, int]:
        """How many of each kind, the most frequent first; see `Ring.count`."""
        step = self._slot_seconds
        last = int(wall) // step
        first = max(int((wall - seconds) // step) + 1, -int(-since // step))
        found: dict[str, int] = {}
        for number, slot in self._slots.items():
            if first <= number <= last:
                for kind, count in slot.items():
                    found[kind] = found.get(kind, 0) + count
        return by_frequency(found)


def by_frequency(kinds: dict[str, int]) -> dict[str, int]:
    """The most frequent first."""
    return dict(sorted(kinds.items(), key=lambda item: (-item[1], item[0])))
