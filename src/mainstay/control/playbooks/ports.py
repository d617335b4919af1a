"""What playbooks need of the rest of the control plane.

Every method may be called from any thread and comes back within about `timeout_seconds` (or a few seconds of its own).
Each takes an idempotency key, or a value with an id made of one: the same key again must do nothing more, and answer as
it did the first time. Whatever goes wrong is an `EffectError`.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from mainstay.model.incident import IncidentEvent, Opened
from mainstay.model.notice import Notice
from mainstay.model.orders import Order, OrderKind
from mainstay.ops.playbooks.facts import Facts, ProbeFact


class EffectError(Exception):
    """It could not be done; the text says why, without secrets.

    `may_have_acted`: it may have had an effect all the same (a request that was sent and not answered). `is_final`: the
    same again cannot help (it was refused).
    """

    def __init__(self, words: str, *, may_have_acted: bool = False, is_final: bool = False) -> None:
        super().__init__(words)
        self.may_have_acted = may_have_acted
        self.is_final = is_final


class OrderPreview(msgspec.Struct, frozen=True):
    """What an order would do, in sentences; `refusal` says why it would be refused, empty where it would not."""

    words: tuple[str, ...]
    refusal: str = ""


class OrderPort(Protocol):
    """Orders. The id of an order is made of the step's key: one that was given already is not given again."""

    def preview(self, order: Order) -> OrderPreview:
        """What it would do."""

    def give(self, order: Order, key: str) -> str:
        """Give it under its own id, which is made of the key; what it does, in a sentence. One that policy forbids is
        refused finally."""

    def end(self, order_id: str, by: str, why: str) -> bool:
        """End it; `False` if there is none that is in force."""

    def in_force(self, upstream: str, kinds: Sequence[OrderKind]) -> tuple[str, ...]:
        """Ids of orders in force about this upstream, of these kinds (empty: of any)."""


class IncidentPort(Protocol):
    """Incidents. `by` is `playbook RUN`."""

    def open(self, opened: Opened, by: str, key: str) -> str:
        """Open one; its id. The same key gives the same incident."""

    def add(self, incident: str, event: IncidentEvent, by: str, key: str) -> None:
        """Add an event, unless one of this key is there. One that cannot follow is refused finally."""


class NoticePort(Protocol):
    """Notices."""

    def tell(self, notice: Notice) -> None:
        """Have it told. Notices of the same key are told once."""


class ProbePort(Protocol):
    """Probes by hand: they are made whatever the budget is, and recorded."""

    def probe(self, component: str, timeout_seconds: float) -> ProbeFact:
        """Ask the component once."""


class WebhookPort(Protocol):
    """Signed requests to programs of others."""

    def post(self, url: str, key: str, webhook_id: str, body: bytes, timeout_seconds: float) -> str:
        """Send a JSON body; what was answered, in a few words (`200 OK`). `url` and `key` may be references to secrets
        (`env:NAME`, `file:PATH`); without a key nothing is signed. `webhook_id` is the idempotency key."""


class FactsPort(Protocol):
    """What is known now. It raises nothing: what cannot be found out is not among the facts."""

    def facts(self, incident: str) -> Facts:
        """All of it, and the incident of this id, if it is one."""


class Ports(msgspec.Struct, frozen=True):
    """All of them together."""

    orders: OrderPort
    incidents: IncidentPort
    notices: NoticePort
    probes: ProbePort
    webhooks: WebhookPort
    facts: FactsPort
