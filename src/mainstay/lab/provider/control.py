"""The `/lab` pages of a fake provider: look at it, break it, heal it. JSON for people and scripts alike."""

from typing import Protocol

import msgspec

from mainstay.lab.provider.desk import Order
from mainstay.lab.provider.fault import FaultTextError, parse_fault, written
from mainstay.lab.provider.fault_table import FAULTS, FaultEntry
from mainstay.lab.provider.request import ProviderRequest
from mainstay.lab.provider.script import lay_out, whole
from mainstay.lab.provider.seen import RequestSeen, summary
from mainstay.lab.provider.steps import Head, Step

CONTROL_ROOT = "/lab"
_HELP = (
    "GET /lab, /lab/faults, /lab/requests; POST /lab/fault with {fault, count, key, model}; POST /lab/cut; "
    "DELETE /lab/fault"
)


class Controlled(Protocol):
    """What the pages need of a provider."""

    name: str

    @property
    def url(self) -> str:
        """Where it serves."""

    @property
    def control_url(self) -> str:
        """Where these pages are served even while the provider refuses connections."""

    @property
    def orders(self) -> tuple[Order, ...]:
        """The faults in force."""

    @property
    def requests(self) -> tuple[RequestSeen, ...]:
        """The last requests."""

    @property
    def request_count(self) -> int:
        """How many requests there ever were."""

    def place(self, order: Order) -> None:
        """Put a fault in force."""

    def heal(self) -> None:
        """Take every fault back."""

    def cut_now(self) -> int:
        """Reset every connection on which an answer is being given; how many there were."""


class _FaultOrder(msgspec.Struct, forbid_unknown_fields=True):
    fault: str
    count: int | None = None
    key: str = ""
    model: str = ""


_ORDER = msgspec.json.Decoder(_FaultOrder)


class _OrderShown(msgspec.Struct):
    fault: str
    count: int | None
    with_key: bool
    model: str


class _State(msgspec.Struct):
    name: str
    url: str
    control_url: str
    in_force: list[_OrderShown]
    requests_seen: int
    help: str
    faults: dict[str, str]


class _Message(msgspec.Struct):
    message: str


def is_control(request: ProviderRequest) -> bool:
    """Whether the request is for these pages."""
    return request.path == CONTROL_ROOT or request.path.startswith(f"{CONTROL_ROOT}/")


def control(request: ProviderRequest, provider: Controlled) -> list[Step]:
    """Serve a page, or do what was asked."""
    page = request.path.removeprefix(CONTROL_ROOT).rstrip("/")
    match request.method:
        case "GET":
            return _page(page, provider)
        case "POST" if page == "/fault":
            return _order(request, provider)
        case "POST" if page == "/cut":
            return _json(200, _Message(f"{provider.cut_now()} answers cut off"))
        case "DELETE" if page == "/fault":
            provider.heal()
            return _page("", provider)
        case _:
            return _nowhere()


def _page(page: str, provider: Controlled) -> list[Step]:
    match page:
        case "":
            return _json(200, _state(provider))
        case "/faults":
            return _json(200, FAULTS)
        case "/requests":
            return _json(200, [summary(seen) for seen in provider.requests])
        case _:
            return _nowhere()


def _nowhere() -> list[Step]:
    return _json(404, _Message(f"There is no such page. {_HELP}"))


def wrong_header(message: str) -> list[Step]:
    """The answer to a request that brings faults which do not exist."""
    return _json(400, _Message(f"x-lab-faults: {message}"))


def _order(request: ProviderRequest, provider: Controlled) -> list[Step]:
    try:
        asked = _ORDER.decode(request.body)
        provider.place(Order(parse_fault(asked.fault), asked.count, asked.key, asked.model))
    except (msgspec.DecodeError, UnicodeDecodeError, FaultTextError) as error:
        return _json(400, _Message(str(error)))
    return _json(200, _state(provider))


def _state(provider: Controlled) -> _State:
    return _State(
        name=provider.name,
        url=provider.url,
        control_url=provider.control_url,
        in_force=[_shown(order) for order in provider.orders],
        requests_seen=provider.request_count,
        help=_HELP,
        faults={name: usage(name, entry) for name, entry in FAULTS.items()},
    )


def _shown(order: Order) -> _OrderShown:
    return _OrderShown(str(order.fault), order.count, with_key=bool(order.key), model=order.model)


def usage(name: str, entry: FaultEntry) -> str:
    """One line on a fault: what it does, and how to write it with all its parameters."""
    settings = ",".join(f"{parameter.name}={written(parameter.default)}" for parameter in entry.parameters)
    return f"{entry.description} ({name}:{settings})" if settings else entry.description


def _json(status: int, value: object) -> list[Step]:
    body = msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2) + b"\n"
    return lay_out(whole(Head(status, (("content-type", "application/json"),)), body))
