"""What one exchange may spend: money, reserved before each attempt and settled after it; and the tokens of a minute."""

from typing import Final, Protocol

import msgspec

from mainstay.engine.account import Account
from mainstay.engine.cost import cost_estimate, dollars
from mainstay.engine.tab import Tab, Till
from mainstay.engine.windows import Span, day_text, number_at, start_of
from mainstay.model.call import Call
from mainstay.model.catalogue import Candidate
from mainstay.model.fault import Fault, FaultKind

CODES: Final = {Span.DAY: "usd_per_day", Span.MONTH: "usd_per_month"}
SPANS: Final = {Span.DAY: "day", Span.MONTH: "month"}

UNDER_WAY_SECONDS: Final = 1.0
"""After so long whoever was refused for what others have reserved may ask again: most exchanges cost less than they
reserve, and what another process gives back is known here only after some 50 ms."""


class Bound(msgspec.Struct, frozen=True):
    """One limit in nanodollars. `whose` says in words who is bound."""

    whose: str
    account: Account
    span: Span
    limit: int


class Party(msgspec.Struct, frozen=True):
    """Who pays: a tenant or a token. What an attempt costs counts when it began, and so it is recorded."""

    subject: str
    account: Account


class Book(Protocol):
    """Where amounts are written down (`engine.allowances`)."""

    def reserve(self, party: Party, amount: int) -> None:
        """Hold an amount."""

    def release(self, party: Party, amount: int) -> None:
        """Hold it no longer."""

    def spend(self, party: Party, amount: int, wall: float) -> None:
        """Count it as spent at this instant."""

    def without_price(self, upstream: str, model: str) -> bool:
        """Note that an attempt cannot be bounded; whether this is the first time for this model."""


class Purse(Tab):
    """Mutable, owned by one exchange, and by its revival after it. Instants are seconds since 1970, amounts
    nanodollars."""

    __slots__ = ("_book", "_bounds", "_candidate", "_estimate", "_open", "_parties")

    def __init__(  # noqa: PLR0913, PLR0917 - by position, for it is made with each request
        self,
        book: Book,
        bounds: tuple[Bound, ...],
        parties: tuple[Party, ...],
        till: Till | None = None,
        input_tokens: int = 0,
        output_tokens: int = 0,
        counted_at: float = 0.0,
    ) -> None:
        """`bounds` limit what `parties` pay; without any, no money is bounded. For the rest see `Tab`."""
        self._till = till
        self._input = input_tokens
        self._output = output_tokens
        self._counted_at = counted_at
        self._book = book
        self._bounds = bounds
        self._parties = parties
        self._open: dict[int, tuple[int, float]] = {}
        """By number of an attempt: what is reserved for it, and since when."""
        self._candidate: Candidate | None = None
        self._estimate: int | None = None
        """Of this candidate, for the one call of the exchange."""

    def refusal(self, candidate: Candidate, call: Call, wall: float) -> Fault | None:
        """Why an exchange cannot begin with this candidate: it may cost more than is left. What is left of an
        allowance may always be used by one exchange at a time, so that no remainder is too small to be of use."""
        if not self._bounds:
            return None
        self._candidate = candidate
        estimate = self._estimate = cost_estimate(candidate, call)
        if not estimate:
            return None
        for bound in self._bounds:
            room = bound.account.room(bound.span, bound.limit, wall)
            if estimate > room and not (room > 0 and bound.account.is_idle()):
                return too_dear(bound, estimate, room, wall)
        return None

    def reserve(self, number: int, candidate: Candidate, call: Call, wall: float) -> bool:
        """Hold what this attempt may cost. Nothing is refused here: the exchange was let in. Whether an operator should
        learn that its model has no price, and cannot be bounded."""
        if not self._bounds:
            return False
        estimate = self._estimate if candidate is self._candidate else cost_estimate(candidate, call)
        amount = estimate or 0
        if number in self._open:
            self._release(number)
        self._open[number] = (amount, wall)
        for party in self._parties:
            self._book.reserve(party, amount)
        return estimate is None and self._book.without_price(candidate.upstream.name, candidate.model)

    def settle(self, number: int, cost: int | None) -> None:
        """Put the truth in place of the reservation. `None` is an unknown cost, which cannot be counted."""
        if number not in self._open:
            return
        wall = self._release(number)
        if cost:
            for party in self._parties:
                self._book.spend(party, cost, wall)

    def close(self) -> None:
        """The exchange is over, however it ended: hold nothing any more."""
        if self._open:
            for number in list(self._open):
                self._release(number)
        Tab.close(self)

    def _release(self, number: int) -> float:
        """Hold nothing for this attempt any more; gives since when it was held."""
        amount, wall = self._open.pop(number)
        for party in self._parties:
            self._book.release(party, amount)
        return wall


def too_dear(bound: Bound, estimate: int, room: int, wall: float) -> Fault:
    """Less is left than the request may cost, or others are using it."""
    left = f"{dollars(max(0, room))} left of {dollars(bound.limit)} per {SPANS[bound.span]}"
    share = ", for other gateways cannot be heard and keep a share" if bound.account.is_careful else ""
    message = (
        f"{bound.whose} has {left} here{share}, and this request may cost {dollars(estimate)}. Wait for requests that "
        f"are under way, ask for fewer tokens (max_tokens), or wait until {_end(bound.span, wall)}."
    )
    wait = None if bound.account.is_idle() else UNDER_WAY_SECONDS
    return Fault(FaultKind.ALLOWANCE, message, status=429, code=CODES[bound.span], wait_seconds=wait)


def spent(bound: Bound, wall: float) -> Fault:
    """Nothing is left."""
    what = f"{bound.whose} has used its allowance of {dollars(bound.limit)} per {SPANS[bound.span]}"
    end = _end(bound.span, wall)
    message = f"{what}. Wait until {end}, or ask the operator of this gateway for a larger one."
    return Fault(FaultKind.ALLOWANCE, message, status=429, code=CODES[bound.span])


def _end(span: Span, wall: float) -> str:
    return f"{day_text(start_of(span, number_at(span, wall) + 1))} 00:00 UTC"
