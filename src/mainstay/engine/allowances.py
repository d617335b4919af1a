"""Allowances: whether a request may begin, and what its exchange may spend. See docs/costs.md.

It has no clock: `wall` is seconds since 1970.
"""

from collections.abc import Collection, Iterable
from typing import Final

import msgspec

from mainstay.engine.cost import NANODOLLARS_PER_DOLLAR
from mainstay.engine.meters import SUBJECTS_MAX, Meters
from mainstay.engine.purse import Bound, Party, Purse, spent
from mainstay.engine.rate import rate_refusal
from mainstay.engine.windows import Span
from mainstay.model.fault import Fault
from mainstay.model.identity import Allowance, Identity
from mainstay.model.news import MeterNews

MODELS_MAX: Final = 1_000
"""Models without a price that are remembered, so that each is told of once."""


class _Terms(msgspec.Struct, frozen=True):
    """What binds one tenant or token, worked out once. `whose` says in words who is bound."""

    allowance: Allowance
    whose: str
    party: Party
    bounds: tuple[Bound, ...]


class Allowances:
    """Mutable; one per process. Its state is replicated, see `engine.meters`."""

    def __init__(self, node: str, boot: int) -> None:
        """`node` names this process; `boot` is larger in each of its lives, such as milliseconds since 1970."""
        self.meters = Meters(node, boot)
        self.peers = self.meters.peers
        self.unbounded_attempts = 0
        """Attempts of bounded callers that could not be bounded, for their models have no price."""
        self._terms: dict[str, _Terms] = {}
        self._without_price: set[tuple[str, str]] = set()

    def admit(self, identity: Identity, tenant_allowance: Allowance, wall: float) -> Purse | Fault | None:
        """Let a request in and count it. A purse bounds what its exchange may spend; `None` where no money is bounded;
        a fault of kind `ALLOWANCE` says which allowance is used up, of whom, and until when."""
        terms = self._all_terms(identity, tenant_allowance, wall)
        if not terms:
            return None
        return self._refusal(terms, wall) or self._counted(terms, wall)

    def purse(self, identity: Identity, tenant_allowance: Allowance, wall: float) -> Purse | None:
        """The purse of an exchange that was let in before, perhaps by another process, and is taken up again: nothing
        is counted, and nothing is refused."""
        return self._purse(self._all_terms(identity, tenant_allowance, wall))

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
        self.meters.reserve(party.subject, party.account, amount)

    def release(self, party: Party, amount: int) -> None:
        """See `purse.Book`."""
        self.meters.release(party.subject, party.account, amount)

    def spend(self, party: Party, amount: int, wall: float) -> None:
        """See `purse.Book`."""
        self.meters.spend(party.subject, party.account, amount, wall)

    def without_price(self, upstream: str, model: str) -> bool:
        """See `purse.Book`."""
        self.unbounded_attempts += 1
        if (upstream, model) in self._without_price or len(self._without_price) >= MODELS_MAX:
            return False
        self._without_price.add((upstream, model))
        return True

    def _all_terms(self, identity: Identity, tenant_allowance: Allowance, wall: float) -> list[_Terms]:
        token_allowance = identity.allowance
        terms: list[_Terms] = []
        if _binds(tenant_allowance):
            terms.append(self._terms_of(f"tenant:{identity.tenant}", identity.tenant, tenant_allowance, wall))
        if _binds(token_allowance):
            name = identity.name or identity.token
            terms.append(self._terms_of(f"token:{identity.token}", name, token_allowance, wall))
        return terms

    @staticmethod
    def _refusal(terms: list[_Terms], wall: float) -> Fault | None:
        for one in terms:
            for bound in one.bounds:
                if bound.account.has_spent(bound.span, bound.limit, wall):
                    return spent(bound, wall)
        for one in terms:
            limit = one.allowance.requests_per_minute
            fault = None if limit is None else rate_refusal(one.whose, one.party.account, limit, wall)
            if fault is not None:
                return fault
        return None

    def _counted(self, terms: list[_Terms], wall: float) -> Purse | None:
        for one in terms:
            if one.allowance.requests_per_minute is not None:
                self.meters.count_request(one.party.subject, one.party.account, wall)
        return self._purse(terms)

    def _purse(self, terms: list[_Terms]) -> Purse | None:
        bounds = tuple([bound for one in terms for bound in one.bounds])
        return Purse(self, bounds, tuple([one.party for one in terms])) if bounds else None

    def _terms_of(self, subject: str, name: str, allowance: Allowance, wall: float) -> _Terms:
        """What binds a tenant or token; made anew when its allowance or its account is another one."""
        account = self.meters.account(subject, wall)
        known = self._terms.get(subject)
        if known is not None and known.party.account is account and known.allowance == allowance:
            return known
        if len(self._terms) >= SUBJECTS_MAX:
            self._terms.clear()
        whose = f"{subject.partition(':')[0]} {name!r}"
        party = Party(subject, account)
        terms = self._terms[subject] = _Terms(allowance, whose, party, _bounds(party, whose, allowance))
        return terms


def _binds(allowance: Allowance) -> bool:
    return not (
        allowance.usd_per_day is None and allowance.usd_per_month is None and allowance.requests_per_minute is None
    )


def _bounds(party: Party, whose: str, allowance: Allowance) -> tuple[Bound, ...]:
    limits = ((Span.DAY, allowance.usd_per_day), (Span.MONTH, allowance.usd_per_month))
    return tuple(
        Bound(whose, party.account, span, round(usd * NANODOLLARS_PER_DOLLAR))
        for span, usd in limits
        if usd is not None
    )
