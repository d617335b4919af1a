"""What somebody asks of the cache: whether he may, and whether his request is one whose answer can be given again."""

from typing import Final

import msgspec

from mainstay.engine.caching.answer import HEADER, OFF, REFRESH, CachedAnswer
from mainstay.engine.routing.routed import RoutedMenu, is_forbidden, policy_menu
from mainstay.gateway.asking import refused
from mainstay.gateway.cache.shelf import Place
from mainstay.gateway.idempotency import Start
from mainstay.gateway.runs import Job
from mainstay.gateway.visits import Visitor
from mainstay.model.call import CallKind
from mainstay.model.catalogue import CacheRule
from mainstay.model.fault import Fault
from mainstay.model.orders import Order
from mainstay.wire.canonical import cache_key

ANSWER: Final = CallKind.ANSWER
"""A name of its own, because looking it up in the enumeration takes ten times as long."""


class Asked(msgspec.Struct, frozen=True):
    """One request whose answer may be kept."""

    job: Job
    visitor: Visitor
    start: Start
    rule: CacheRule
    place: Place
    deadline: float
    """By the event loop's clock."""
    follows: int = 0
    """How many exchanges of others it has followed in vain."""

    def owns(self, answer: CachedAnswer) -> bool:
        """Whether this is an answer to such a request, by somebody who may serve it today and is no substitute."""
        call = self.job.call
        if (answer.tenant, answer.dialect) != (self.job.identity.tenant, call.dialect) or answer.stream != call.stream:
            return False
        if is_forbidden(self.job.menu, answer.upstream, answer.model):
            return False
        return any(
            not one.substitute and one.model == answer.model and one.upstream.name == answer.upstream
            for one in policy_menu(self.job.menu).candidates
        )


def objection(job: Job, wish: str, *, may_mark: bool, is_kept: bool) -> Fault | None:
    """Why somebody may not say this in `x-mainstay-cache`. To leave the cache out is always fine. `is_kept`: whether
    this gateway keeps answers at all."""
    if not wish or wish == OFF:
        return None
    if not may_mark:
        message = f"{HEADER}: your tenant may not use the cache; leave the header out"
        return refused(403, "cache_not_allowed", message)
    if not is_kept or job.menu.workload.cache is None:
        message = f"{HEADER}: the workload {job.menu.workload.name!r} has no cache here; leave the header out"
        return refused(400, "cache_unavailable", message)
    return None


def rule_for(job: Job, wish: str, *, may_mark: bool) -> CacheRule | None:
    """The rule by which the answer to a job may be given again; `None` where it must be an answer of its own.

    What is bound to a provider's state, goes on without its caller, or is sent again under an idempotency key is never
    answered for somebody else.
    """
    call, rule = job.call, job.menu.workload.cache
    if rule is None or wish == OFF or not may_mark:
        return None
    if not (wish or call.unsampled or rule.every) or call.kind is not ANSWER:
        return None
    if call.bound or call.home or call.answer_id or job.exchange_id or job.durable or job.remembered:
        return None
    return rule


def digest_of(job: Job) -> bytes | None:
    """What the answer to a job depends on; `None` where it must be an answer of its own."""
    # Orders change who serves, not what an answer is kept under.
    model = next((one.model for one in policy_menu(job.menu).candidates if not one.substitute), None)
    return None if model is None else cache_key(job.call, job.identity.tenant, model)


def may_read(wish: str) -> bool:
    """Whether an answer that is kept will do."""
    return wish != REFRESH


def needs_no_fresh_one(job: Job) -> Order | None:
    """The order by which an answer that is kept, however old, goes before any provider; `None` without one."""
    menu = job.menu
    return menu.cache_first if isinstance(menu, RoutedMenu) else None
