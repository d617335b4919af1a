"""The tab of one exchange: what was counted for it by the minute, and what it used; and where it is counted."""

from mainstay.engine.account import Account
from mainstay.engine.demand import OUTPUT_TOKENS_GUESS
from mainstay.engine.meters import Meters
from mainstay.engine.quantities import INPUT_TOKENS, OUTPUT_TOKENS, REQUESTS
from mainstay.engine.rate import Rate, bucket
from mainstay.model.call import Call, CallKind
from mainstay.model.frame import Usage
from mainstay.model.rates import Bucket, Told

ANSWER = CallKind.ANSWER
NO_TOKENS = (0, 0)
TOLD_SECONDS = 0.1
"""So long what was told of limits that are far away is told again."""
FAR = 1_000
"""Whoever has so much left of everything is not slowed down by hearing a tenth of a second late how much it is."""


def counted_input(usage: Usage) -> int:
    """Input tokens as limits count them: what a provider's cache gave is free."""
    return max(0, usage.input_tokens - usage.cached_tokens)


def needs(call: Call) -> tuple[int, int]:
    """Input and output tokens that a call is expected to use; only answers use any. An answer may become longer than
    this, and its caller pays the difference when it is known: to keep the longest possible one free for everybody would
    leave most of a limit unused."""
    if call.kind is not ANSWER:
        return NO_TOKENS
    output = call.max_output_tokens
    if not output or output > OUTPUT_TOKENS_GUESS:
        output = OUTPUT_TOKENS_GUESS
    return call.estimated_input_tokens, output


class Till:
    """Mutable; one for each caller who is bound by the minute. Instants are seconds since 1970."""

    __slots__ = ("_told", "_told_at", "_until", "accounts", "meters", "rates")

    def __init__(self, meters: Meters, rates: tuple[Rate, ...]) -> None:
        """`rates` are the limits that bind him."""
        self.meters = meters
        self.rates = rates
        self.accounts: tuple[Account, ...] = tuple({rate.subject: rate.account for rate in rates}.values())
        """What is counted there beyond their `quantities` is dropped."""
        self._told = Told()
        self._told_at = self._until = 0.0

    def count(self, input_tokens: int, output_tokens: int, wall: float) -> None:
        """A request of about so many tokens is let in."""
        for account in self.accounts:
            if account.begins_at <= wall < account.ends_at:
                account.requests += 1
                account.input_tokens += input_tokens
                account.output_tokens += output_tokens
                if not account.is_dirty:
                    self.meters.mark(account)
            else:
                self._count_each(account, input_tokens, output_tokens, wall)

    def give_back(self, input_tokens: int, output_tokens: int, counted_at: float) -> None:
        """Of what was counted at that instant so much was not used."""
        for account in self.accounts:
            if account.begins_at <= counted_at < account.ends_at:
                account.input_tokens -= input_tokens
                account.output_tokens -= output_tokens
                if not account.is_dirty:
                    self.meters.mark(account)
            else:
                for quantity, amount in ((INPUT_TOKENS, input_tokens), (OUTPUT_TOKENS, output_tokens)):
                    if amount and quantity in account.quantities:
                        self.meters.refund(account, quantity, amount, counted_at)

    def count_more(self, quantity: str, amount: int, wall: float) -> None:
        """An attempt has used so much more than was counted for it."""
        for account in self.accounts:
            if quantity in account.quantities:
                self.meters.count(account, quantity, amount, wall)

    def told(self, wall: float) -> Told:
        """How the limits stand. Where several bind the same thing, the one of which least is left. What is far from its
        limit may be told as it was a moment ago."""
        if not self._told_at <= wall < self._until:
            found = self._told = told(self.rates, wall)
            self._told_at = wall
            buckets = (found.requests, found.input_tokens, found.output_tokens)
            is_far = all(one is None or one.remaining >= FAR for one in buckets)
            self._until = wall + TOLD_SECONDS if is_far else 0.0
        return self._told

    def _count_each(self, account: Account, input_tokens: int, output_tokens: int, wall: float) -> None:
        counts = ((REQUESTS, 1), (INPUT_TOKENS, input_tokens), (OUTPUT_TOKENS, output_tokens))
        for quantity, amount in counts:
            if quantity in account.quantities:
                self.meters.count(account, quantity, amount, wall)


class Tab:
    """Mutable, owned by one exchange, and by its revival after it. Instants are seconds since 1970."""

    __slots__ = ("_counted_at", "_input", "_output", "_till")

    def __init__(
        self, till: Till | None, input_tokens: int = 0, output_tokens: int = 0, counted_at: float = 0.0
    ) -> None:
        """So many tokens were counted for it (`Till.count`) and are not used so far. `till` is `None` where nothing is
        bounded by the minute."""
        self._till = till
        self._input = input_tokens
        self._output = output_tokens
        self._counted_at = counted_at

    def used(self, usage: Usage, wall: float) -> None:
        """An attempt has used so many tokens, as is known at this instant. They are taken from what was counted for the
        exchange; what goes beyond is counted now."""
        till = self._till
        if till is None:
            return
        # What a cache gave is free, and nothing more than that.
        used = usage.input_tokens - usage.cached_tokens
        if used > 0:
            left = self._input - used
            if left < 0:
                till.count_more(INPUT_TOKENS, -left, wall)
                left = 0
            self._input = left
        left = self._output - usage.output_tokens
        if left < 0:
            till.count_more(OUTPUT_TOKENS, -left, wall)
            left = 0
        self._output = left

    def close(self) -> None:
        """The exchange is over, however it ended: what it did not use is given back."""
        input_tokens, output_tokens, till = self._input, self._output, self._till
        if till is not None and (input_tokens or output_tokens):
            self._input = self._output = 0
            till.give_back(input_tokens, output_tokens, self._counted_at)

    def told(self, wall: float) -> Told | None:
        """How the limits by the minute stand (`Till.told`), to be told to the caller; `None` where none binds it."""
        return None if self._till is None else self._till.told(wall)


def told(rates: tuple[Rate, ...], wall: float) -> Told:
    """How these limits stand, now."""
    requests = input_tokens = output_tokens = None
    for rate in rates:
        found = bucket(rate, wall)
        if rate.quantity == REQUESTS:
            requests = tighter(requests, found)
        elif rate.quantity == INPUT_TOKENS:
            input_tokens = tighter(input_tokens, found)
        else:
            output_tokens = tighter(output_tokens, found)
    return Told(requests, input_tokens, output_tokens)


def tighter(known: Bucket | None, found: Bucket) -> Bucket:
    """The one of which less is left."""
    return found if known is None or found.remaining < known.remaining else known
