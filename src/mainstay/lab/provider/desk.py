"""The desk where faults are ordered: which fault the next request gets."""

import msgspec

from mainstay.lab.provider.fault import OK, FaultSpec, parse_fault_header
from mainstay.lab.provider.request import ProviderRequest

FAULTS_HEADER = "x-lab-faults"
"""A request may bring its own faults: `primary=cut:after=12; standby=ok`. Goes before everything else."""
SCHEDULED_MAX = 1000
"""The oldest orders are dropped beyond this."""


class Order(msgspec.Struct, frozen=True):
    """A fault for the next `count` requests (`None`: until it is cleared), perhaps only those with this credential or
    for this model."""

    fault: FaultSpec
    count: int | None = None
    key: str = ""
    model: str = ""

    def matches(self, key: str, model: str) -> bool:
        """Whether a request with this credential and model is meant."""
        return self.key in ("", key) and self.model in ("", model)


class _Peek(msgspec.Struct):
    model: str = ""


_PEEK = msgspec.json.Decoder(_Peek)


class FaultDesk:
    """Keeps the orders of one provider. Counted orders go first, oldest first; then the newest lasting order that
    matches."""

    def __init__(self, name: str, fault: FaultSpec = OK) -> None:
        self._name = name
        self._counted: list[Order] = []
        self._lasting: list[Order] = [Order(fault)]

    @property
    def orders(self) -> tuple[Order, ...]:
        """All orders, in the order in which they are considered."""
        return (*self._counted, *reversed(self._lasting))

    @property
    def lasting(self) -> FaultSpec:
        """The lasting fault that meets every request, whoever sends it."""
        return next((order.fault for order in reversed(self._lasting) if not order.key and not order.model), OK)

    def place(self, order: Order) -> None:
        """Add an order. A lasting one takes the place of an older lasting one for the same requests."""
        if order.count is not None:
            self._counted = [*self._counted, order][-SCHEDULED_MAX:] if order.count > 0 else self._counted
            return
        others = [old for old in self._lasting if (old.key, old.model) != (order.key, order.model)]
        self._lasting = [*others, order][-SCHEDULED_MAX:]

    def clear(self) -> None:
        """Forget every order: the provider is well."""
        self._counted.clear()
        self._lasting.clear()

    def take(self, request: ProviderRequest) -> FaultSpec:
        """The fault for this request; counts it. Raises `FaultTextError` if the request's own header is wrong."""
        own = parse_fault_header(request.header(FAULTS_HEADER), self._name)
        if own is not None:
            return own
        key, model = request.key, _model(request.body)
        for index, order in enumerate(self._counted):
            if order.count is not None and order.matches(key, model):
                self._count_down(index, order, order.count - 1)
                return order.fault
        return next((order.fault for order in reversed(self._lasting) if order.matches(key, model)), OK)

    def _count_down(self, index: int, order: Order, left: int) -> None:
        self._counted[index : index + 1] = [msgspec.structs.replace(order, count=left)] if left else []


def _model(body: bytes) -> str:
    try:
        return _PEEK.decode(body).model
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
