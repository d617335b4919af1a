"""The page of an account: what its counters say of the minute that is open, as plain numbers.

Each request counts several things for several accounts, and asks how they stand before. Counters can be merged with
those of other nodes, and are slow; so what is counted in the open minute is added to plain numbers first, and folded
into the counters when somebody wants them: about every 50 ms, when news are taken. What is counted and given back in
between is not told at all. Money is in nanodollars, instants are seconds since 1970.
"""

from typing import Final

from mainstay.engine.counters import Counters
from mainstay.engine.quantities import INPUT_TOKENS, OUTPUT_TOKENS, REFUNDS, REQUESTS
from mainstay.engine.windows import MINUTE, SECONDS_PER_DAY, SECONDS_PER_MINUTE, Span, number_at

ALL: Final = (REQUESTS, INPUT_TOKENS, OUTPUT_TOKENS)
DAY: Final = Span.DAY
MONTH: Final = Span.MONTH
"""Names of their own, because looking them up in the enumeration costs ten times as much."""
_NOTHING: Final = (0, 0, 0, 0)


class Page:
    """Mutable. It is open at an instant where `begins_at <= instant < ends_at`; only then do the plain numbers count,
    and whoever changes them says so (`is_dirty`)."""

    __slots__ = (
        "_before",
        "_changes",
        "_folded",
        "_minutes",
        "_node",
        "_spent",
        "begins_at",
        "day_begins_at",
        "day_ends_at",
        "ends_at",
        "input_tokens",
        "is_dirty",
        "output_tokens",
        "quantities",
        "requests",
        "spent_this_month",
        "spent_today",
    )

    def __init__(self, node: str) -> None:
        """Closed, with nothing used; `node` is ourselves."""
        self._node = node
        self._minutes: dict[str, Counters] = {}
        """By quantity (`engine.quantities`): what was counted and what was refunded, minute by minute."""
        self._spent = {DAY: Counters(), MONTH: Counters()}
        self._changes: dict[tuple[str, Span, int], None] = {}
        """Which counters of ours have changed: quantity (empty for money) and window."""
        self._before = (0, 0, 0)
        """Of requests and tokens, what was used in the minute before the open one."""
        self._folded = _NOTHING
        """Of requests, tokens and money, what the counters know already."""
        self.quantities: tuple[str, ...] = ALL
        """What is counted by the minute here; the rest is dropped."""
        self.is_dirty = False
        """Whether meters know that there is something to be told."""
        self.begins_at = self.ends_at = self.day_begins_at = self.day_ends_at = 0.0
        self.requests = self.input_tokens = self.output_tokens = 0
        """Of the open minute and the one before it, by all nodes together."""
        self.spent_today = self.spent_this_month = 0

    def open(self, wall: float) -> None:
        """Turn to the page of this instant."""
        self.fold()
        minute = int(wall // SECONDS_PER_MINUTE)
        around = [self._counted_around(quantity, minute) for quantity in ALL]
        self.requests, self.input_tokens, self.output_tokens = map(sum, around)
        self._before = (around[0][1], around[1][1], around[2][1])
        self.spent_today = self._spent[DAY].total(number_at(DAY, wall))
        self.spent_this_month = self._spent[MONTH].total(number_at(MONTH, wall))
        self._folded = (self.requests, self.input_tokens, self.output_tokens, self.spent_today)
        self.begins_at = float(minute * SECONDS_PER_MINUTE)
        self.ends_at = self.begins_at + SECONDS_PER_MINUTE
        self.day_begins_at = wall // SECONDS_PER_DAY * SECONDS_PER_DAY
        self.day_ends_at = self.day_begins_at + SECONDS_PER_DAY

    def close(self) -> None:
        """The counters are about to change by themselves: what is known of them is old."""
        self.fold()
        self.begins_at = self.ends_at = self.day_begins_at = self.day_ends_at = 0.0

    def fold(self) -> None:
        """Let the counters know what was counted on the page."""
        now = (self.requests, self.input_tokens, self.output_tokens, self.spent_today)
        if not self.ends_at or now == self._folded:
            return
        minute = int(self.begins_at // SECONDS_PER_MINUTE)
        *before, spent = self._folded
        for quantity, used, known in zip(ALL, now, before, strict=False):
            if used != known and quantity in self.quantities:
                self._add(quantity, minute, used - known)
        if self.spent_today != spent:
            self._add_money(self.spent_today - spent, self.begins_at)
        self._folded = now

    def count(self, quantity: str, amount: int, wall: float) -> None:
        """Count so many requests or tokens as used at this instant; less than none are given back."""
        if not self.begins_at <= wall < self.ends_at:
            self.close()
            self._add(quantity, int(wall // SECONDS_PER_MINUTE), amount)
        elif quantity == REQUESTS:
            self.requests += amount
        elif quantity == INPUT_TOKENS:
            self.input_tokens += amount
        else:
            self.output_tokens += amount

    def spend(self, amount: int, wall: float) -> None:
        """Count an amount of money as spent at this instant."""
        if self.day_begins_at <= wall < self.day_ends_at:
            self.spent_today += amount
            self.spent_this_month += amount
        else:
            self.close()
            self._add_money(amount, wall)

    def learn(self, quantity: str, span: Span, window: int, node: str, used: int) -> bool:
        """Take over an account of a node's counter; whether it was news."""
        counters = self.counters(quantity, span)
        if used <= counters.of(window, node):
            return False
        self.close()
        return counters.learn(window, node, used)

    def counters(self, quantity: str, span: Span) -> Counters:
        """The counters of a quantity by the minute, or of money in a longer span. Only to be read."""
        self.fold()
        return self._by_minute(quantity) if span is MINUTE else self._spent[span]

    @property
    def spent(self) -> dict[Span, Counters]:
        """The counters of money, to be changed or read."""
        self.close()
        return self._spent

    def by_minute(self, quantity: str) -> Counters:
        """The counters of one quantity, to be changed or read."""
        self.close()
        return self._by_minute(quantity)

    @property
    def counted(self) -> list[str]:
        """Quantities of which there are counters."""
        return list(self._minutes)

    def used_around(self, quantity: str, minute: int) -> tuple[int, int]:
        """What was used in this minute and in the one before it, by all nodes together."""
        if not self.ends_at or minute * SECONDS_PER_MINUTE != self.begins_at:
            self.fold()
            return self._counted_around(quantity, minute)
        if quantity == REQUESTS:
            used, before = self.requests, self._before[0]
        elif quantity == INPUT_TOKENS:
            used, before = self.input_tokens, self._before[1]
        else:
            used, before = self.output_tokens, self._before[2]
        return used - before, before

    def take_changes(self) -> list[tuple[str, Span, int]]:
        """Which counters of ours have changed, in the order in which they did; each once."""
        self.fold()
        changes, self._changes = list(self._changes), {}
        return changes

    def _counted_around(self, quantity: str, minute: int) -> tuple[int, int]:
        counters = self._minutes.get(quantity)
        if counters is None:
            return 0, 0
        current, before = counters.around(minute)
        refunds = self._minutes.get(REFUNDS[quantity])
        if refunds is None:
            return current, before
        # News may come out of order; nobody has used less than nothing.
        refunded, refunded_before = refunds.around(minute)
        return max(0, current - refunded), max(0, before - refunded_before)

    def _by_minute(self, quantity: str) -> Counters:
        counters = self._minutes.get(quantity)
        if counters is None:
            counters = self._minutes[quantity] = Counters()
        return counters

    def _add(self, quantity: str, minute: int, amount: int) -> None:
        name = quantity if amount >= 0 else REFUNDS[quantity]
        self._by_minute(name).add(minute, self._node, abs(amount))
        self._changes[name, MINUTE, minute] = None

    def _add_money(self, amount: int, wall: float) -> None:
        for span, counters in self._spent.items():
            window = number_at(span, wall)
            counters.add(window, self._node, amount)
            self._changes["", span, window] = None
