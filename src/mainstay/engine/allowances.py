"""Allowances: whether a request may begin, and what its exchange may spend. See docs/costs.md.

It has no clock: `wall` is seconds since 1970.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Final

import msgspec

from mainstay.engine.account import Account
from mainstay.engine.cost import NANODOLLARS_PER_DOLLAR
from mainstay.engine.meters import SUBJECTS_MAX, Meters
from mainstay.engine.purse import Bound, Party, Purse, spent
from mainstay.engine.quantities import INPUT_TOKENS, OUTPUT_TOKENS, REQUESTS
from mainstay.engine.rate import Rate, refusal, seconds_until
from mainstay.engine.tab import NO_TOKENS, Till, needs, told
from mainstay.engine.windows import Span
from mainstay.model.call import Call
from mainstay.model.fault import Fault
from mainstay.model.identity import UNBOUNDED, Allowance, Identity
from mainstay.model.news import MeterNews
from mainstay.model.rates import Told

MODELS_MAX: Final = 1_000
"""Models without a price that are remembered, so that each is told of once."""


NO_LIMIT: Final = 2**62
FAR: Final = "far"
NEAR: Final = "near"
CLOSED: Final = "closed"
"""How far a caller is from his limits."""


class _Terms(msgspec.Struct, frozen=True):
    """What binds one tenant or token, worked out once: the limits of `allowance` as whole numbers, money in nanodollars
    and `NO_LIMIT` where there is none."""

    allowance: Allowance
    party: Party
    bounds: tuple[Bound, ...]
    rates: tuple[Rate, ...]
    account: Account
    requests: int
    input_tokens: int
    output_tokens: int
    usd_per_day: int
    usd_per_month: int


class _Binding(msgspec.Struct, frozen=True):
    """What binds one caller: his token, his tenant, both or neither."""

    identity: Identity
    tenant_allowance: Allowance
    terms: tuple[_Terms, ...]
    bounds: tuple[Bound, ...]
    parties: tuple[Party, ...]
    till: Till | None
    """`None` where nothing binds him by the minute."""


class Allowances:
    """Mutable; one per process. Its state is replicated, see `engine.meters`."""

    def __init__(self, node: str, boot: int) -> None:
        """`node` names this process; `boot` is larger in each of its lives, such as milliseconds since 1970."""
        self.meters = Meters(node, boot)
        self.peers = self.meters.peers
        self.unbounded_attempts = 0
        """Attempts of bounded callers that could not be bounded, for their models have no price."""
        self._terms: dict[str, _Terms] = {}
        self._bindings: dict[tuple[str, str], _Binding] = {}
        """By tenant and token."""
        self._without_price: set[tuple[str, str]] = set()

    def admit(
        self, identity: Identity, tenant_allowance: Allowance, wall: float, call: Call | None = None
    ) -> Purse | Fault | None:
        """Let a request in and count it; without a call, as one of no tokens. A purse bounds what its exchange may use,
        and must be closed; `None` where nothing bounds it; a fault of kind `ALLOWANCE` says which allowance is used up,
        of whom, and until when."""
        input_tokens, output_tokens = NO_TOKENS if call is None else needs(call)
        binding = self._bindings.get((identity.tenant, identity.token))
        if binding is None or binding.identity is not identity or binding.tenant_allowance is not tenant_allowance:
            binding, how = self._bound(identity, tenant_allowance, wall), NEAR
        else:
            how = _how_far(binding.terms, input_tokens, output_tokens, wall)
            if how is CLOSED:
                binding = self._bound(identity, tenant_allowance, wall)
        terms, till = binding.terms, binding.till
        if not terms:
            return None
        if how is not FAR or self.peers.careful:
            fault = self._refusal(terms, input_tokens, output_tokens, wall)
            if fault is not None:
                return fault
        if till is None:
            return Purse(self, binding.bounds, binding.parties)
        till.count(input_tokens, output_tokens, wall)
        return Purse(self, binding.bounds, binding.parties, till, input_tokens, output_tokens, wall)

    def purse(self, identity: Identity, tenant_allowance: Allowance, wall: float) -> Purse | None:
        """The purse of an exchange that was let in before, perhaps by another process, and is taken up again: nothing
        is counted but what it uses from now on, and nothing is refused."""
        binding = self._bound(identity, tenant_allowance, wall)
        if not binding.terms:
            return None
        return Purse(self, binding.bounds, binding.parties, binding.till)

    def told(self, identity: Identity, tenant_allowance: Allowance, wall: float) -> Told | None:
        """How the limits by the minute stand, for a caller who was refused; `None` where none binds it."""
        till = self._bound(identity, tenant_allowance, wall).till
        return None if till is None else told(till.rates, wall)

    def take_news(self) -> list[MeterNews]:
        """See `Meters.take_news`."""
        return self.meters.take_news()

    def everything(self) -> list[MeterNews]:
        """See `Meters.everything`."""
        return self.meters.everything()

    def merge(self, news: Iterable[MeterNews], wall: float) -> None:
        """See `Meters.merge`."""
        self.meters.merge(news, wall)

    def leave(self) -> None:
        """See `Meters.leave`."""
        self.meters.leave()

    def heard(self, alive: Collection[str], wall: float, *, reachable: bool = True) -> None:
        """See `Peers.heard`."""
        self.peers.heard(alive, wall, reachable=reachable)

    def reserve(self, party: Party, amount: int) -> None:
        """See `purse.Book`."""
        # Not `meters.reserve`: it is called so often that a call within a call counts.
        account = party.account
        account.reserved += amount
        if not account.is_dirty:
            self.meters.mark(account)

    def release(self, party: Party, amount: int) -> None:
        """See `purse.Book`."""
        account = party.account
        account.released += amount
        if not account.is_dirty:
            self.meters.mark(account)

    def spend(self, party: Party, amount: int, wall: float) -> None:
        """See `purse.Book`."""
        self.meters.spend(party.account, amount, wall)

    def without_price(self, upstream: str, model: str) -> bool:
        """See `purse.Book`."""
        self.unbounded_attempts += 1
        if (upstream, model) in self._without_price or len(self._without_price) >= MODELS_MAX:
            return False
        self._without_price.add((upstream, model))
        return True

    def _bound(self, identity: Identity, tenant_allowance: Allowance, wall: float) -> _Binding:
        """What binds this caller now, the pages of all accounts open; remembered until something of it changes."""
        terms = tuple(self._all_terms(identity, tenant_allowance, wall))
        key = (identity.tenant, identity.token)
        known = self._bindings.get(key)
        if known is not None and known.terms == terms:
            till = known.till
        else:
            rates = tuple([rate for one in terms for rate in one.rates])
            till = Till(self.meters, rates) if rates else None
        bounds = tuple([bound for one in terms for bound in one.bounds])
        parties = tuple([one.party for one in terms]) if bounds else ()
        if len(self._bindings) >= SUBJECTS_MAX:
            self._bindings.clear()
        binding = self._bindings[key] = _Binding(identity, tenant_allowance, terms, bounds, parties, till)
        return binding

    def _all_terms(self, identity: Identity, tenant_allowance: Allowance, wall: float) -> Iterator[_Terms]:
        token_allowance = identity.allowance
        if tenant_allowance != UNBOUNDED:
            yield self._terms_of(f"tenant:{identity.tenant}", identity.tenant, tenant_allowance, wall)
        if token_allowance != UNBOUNDED:
            name = identity.name or identity.token
            yield self._terms_of(f"token:{identity.token}", name, token_allowance, wall)

    @staticmethod
    def _refusal(terms: tuple[_Terms, ...], input_tokens: int, output_tokens: int, wall: float) -> Fault | None:
        """Of several limits that are used up, the one that opens last, so that whoever waits as told is let in."""
        longest, tightest, needed = 0.0, None, 0
        for one in terms:
            for bound in one.bounds:
                if bound.account.has_spent(bound.span, bound.limit, wall):
                    return spent(bound, wall)
            for rate in one.rates:
                quantity = rate.quantity
                need = 1 if quantity == REQUESTS else input_tokens if quantity == INPUT_TOKENS else output_tokens
                wait = seconds_until(rate.account, quantity, rate.limit, need, wall)
                if wait > longest:
                    longest, tightest, needed = wait, rate, need
        return None if tightest is None else refusal(tightest, needed, longest)

    def _terms_of(self, subject: str, name: str, allowance: Allowance, wall: float) -> _Terms:
        """What binds a tenant or token; made anew when its allowance or its account is another one."""
        account = self.meters.opened(subject, wall)
        known = self._terms.get(subject)
        if known is not None and known.account is account and known.allowance == allowance:
            return known
        if len(self._terms) >= SUBJECTS_MAX:
            self._terms.clear()
        whose = f"{subject.partition(':')[0]} {name!r}"
        party = Party(subject, account)
        bounds, rates = _bounds(party, whose, allowance), _limits(party, whose, allowance)
        account.quantities = tuple([rate.quantity for rate in rates])
        terms = self._terms[subject] = _Terms(
            allowance,
            party,
            bounds,
            rates,
            account,
            _or_none(allowance.requests_per_minute),
            _or_none(allowance.input_tokens_per_minute),
            _or_none(allowance.output_tokens_per_minute),
            _nanodollars(allowance.usd_per_day),
            _nanodollars(allowance.usd_per_month),
        )
        return terms


def _how_far(terms: tuple[_Terms, ...], input_tokens: int, output_tokens: int, wall: float) -> str:
    """Whether no limit is reached even if nothing of the minute before has slid out: the usual case, known by a few
    comparisons. It is not known where a page is not open."""
    for one in terms:
        account = one.account
        if not account.begins_at <= wall < account.ends_at:
            return CLOSED
        if (
            account.requests >= one.requests
            or account.input_tokens + input_tokens > one.input_tokens
            or account.output_tokens + output_tokens > one.output_tokens
            or account.spent_today >= one.usd_per_day
            or account.spent_this_month >= one.usd_per_month
        ):
            return NEAR
    return FAR


def _or_none(limit: int | None) -> int:
    return NO_LIMIT if limit is None else limit


def _nanodollars(usd: float | None) -> int:
    return NO_LIMIT if usd is None else round(usd * NANODOLLARS_PER_DOLLAR)


def _bounds(party: Party, whose: str, allowance: Allowance) -> tuple[Bound, ...]:
    limits = ((Span.DAY, allowance.usd_per_day), (Span.MONTH, allowance.usd_per_month))
    return tuple(Bound(whose, party.account, span, _nanodollars(usd)) for span, usd in limits if usd is not None)


def _limits(party: Party, whose: str, allowance: Allowance) -> tuple[Rate, ...]:
    limits = (
        (REQUESTS, allowance.requests_per_minute),
        (INPUT_TOKENS, allowance.input_tokens_per_minute),
        (OUTPUT_TOKENS, allowance.output_tokens_per_minute),
    )
    return tuple(
        Rate(whose, party.subject, party.account, quantity, limit) for quantity, limit in limits if limit is not None
    )
