import msgspec
import pytest

from mainstay.engine.board import Board
from mainstay.gateway.doors import OWN
from mainstay.gateway.http.request import Request
from mainstay.gateway.metrics import Metrics
from mainstay.gateway.orders.listing import OrderList
from mainstay.gateway.orders.port import NoOrders, OrderBoard
from mainstay.gateway.orders.signed_order import sign_order
from mainstay.gateway.own_doors import NO_PROOF, NoTrust, OwnDoors, Parts, TrustBoard
from mainstay.gateway.status import Part
from mainstay.ledger.writing.status import JournalStatus
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Headers, Reply
from mainstay.model.identity import LOCAL, Identity
from mainstay.model.orders import Order, OrderKind
from mainstay.model.records import Record
from tests.engine.routing.given import order
from tests.gateway.rig import snapshot
from tests.wire.trust.makers import first, key


class ToldJournal:
    """A journal that is as it is told."""

    def __init__(self, status: JournalStatus) -> None:
        self.now = status

    @property
    def trouble(self) -> str | None:
        return self.now.trouble

    def status(self) -> JournalStatus:
        return self.now

    def write(self, record: Record) -> None:
        raise AssertionError(record)


class OneBundle:
    """Takes any bundle that says `newer`."""

    def __init__(self) -> None:
        self.text: str | None = "bundle-1"

    def bundle(self) -> str | None:
        return self.text

    def offer(self, bundle_text: str) -> str | None:
        if "newer" not in bundle_text:
            return "not newer"
        self.text = bundle_text
        return None


def doors(
    journal: JournalStatus | None = None,
    parts: Parts = tuple,
    trust: TrustBoard | None = None,
    orders: OrderBoard | None = None,
) -> tuple[OwnDoors, ToldJournal]:
    told = ToldJournal(journal or JournalStatus())
    metrics = Metrics(version="1", upstreams=("alpha",), models=("claude",))
    return OwnDoors(Board(), told, metrics, parts, trust or OneBundle(), orders or NoOrders()), told


def body(reply: Reply | Fault) -> dict[str, object]:
    assert isinstance(reply, Reply)
    return msgspec.json.decode(reply.body, type=dict[str, object])


def test_a_gateway_without_trouble_says_nothing_of_itself() -> None:
    own, _ = doors()
    assert own.trouble(0.0) == ""
    assert own.why_no_durable_work() == ""


def test_its_own_troubles_are_named_and_those_of_upstreams_are_not() -> None:
    parts = (Part("shared", None, "unreachable"), Part("credentials", {}, "one is dead", is_own=False))
    own, _ = doors(JournalStatus(trouble="disk full"), lambda: parts)
    assert own.trouble(0.0) == "gateway in trouble: journal, shared"


def test_troubles_are_looked_up_once_a_second_for_all_exchanges() -> None:
    own, journal = doors()
    assert own.trouble(100.0) == ""
    journal.now = JournalStatus(trouble="disk full")
    assert own.trouble(100.9) == ""
    assert own.trouble(101.0) == "gateway in trouble: journal"


@pytest.mark.parametrize(
    ("journal", "why"), [(JournalStatus(trouble="no disk"), "cannot write"), (JournalStatus(full=True), "is full")]
)
def test_nothing_durable_begins_while_the_journal_cannot_take_it(journal: JournalStatus, why: str) -> None:
    assert why in doors(journal)[0].why_no_durable_work()


def test_who_is_not_known_learns_no_more_than_whether_traffic_is_welcome() -> None:
    own, _ = doors(parts=lambda: (Part("identity", {"keys": 1}, "file unreadable"),))
    known = body(own.ready(snapshot(), draining=False, is_known=True))
    unknown = body(own.ready(snapshot(), draining=False, is_known=False))
    assert set(known) == {"status", "version", "journal", "upstreams", "identity", "troubles"}
    assert set(unknown) == {"status", "version"}
    assert known["status"] == unknown["status"] == "degraded"


def test_the_trust_bundle_is_given_and_a_newer_one_is_taken() -> None:
    own, _ = doors()
    given = own.trust_reply(None, 0.0)
    assert isinstance(given, Reply)
    assert given.body == b"bundle-1"
    taken = own.trust_reply(b" newer-2\n", 0.0)
    assert isinstance(taken, Reply)
    assert taken.body == b"newer-2"


def test_a_bundle_that_does_not_prove_itself_is_refused() -> None:
    fault = doors()[0].trust_reply(b"\xff\x00forged", 0.0)
    assert isinstance(fault, Fault)
    assert (fault.status, fault.code) == (409, "trust_bundle_refused")


def test_a_gateway_without_keys_has_no_bundle_and_takes_none() -> None:
    own, _ = doors(trust=NoTrust())
    offered, asked = own.trust_reply(b"newer", 0.0), own.trust_reply(None, 0.0)
    assert isinstance(offered, Fault)
    assert isinstance(asked, Fault)
    assert (offered.status, asked.status) == (409, 404)


def test_metrics_count_what_runs() -> None:
    assert b"mainstay_exchanges_running 7.0" in doors()[0].metrics_reply(7).body


def test_the_page_of_readiness_names_the_state_of_each_upstream() -> None:
    assert body(doors()[0].ready(snapshot(), draining=True, is_known=True))["upstreams"] == {
        "alpha": "closed",
        "beta": "closed",
    }


def test_only_a_few_offers_are_looked_at_in_a_second() -> None:
    own, _ = doors()
    codes = [fault.code for _ in range(6) if isinstance(fault := own.trust_reply(b"old", 50.0), Fault)]
    assert codes == ["trust_bundle_refused"] * 5 + ["too_many_offers"]
    assert isinstance(own.trust_reply(b"newer", 51.0), Reply)


class Pinned(OneBundle):
    """Goes by a real bundle."""

    def __init__(self) -> None:
        super().__init__()
        self.text = first().text


class OneOrder(NoOrders):
    """Takes any order, but for `full`."""

    def __init__(self, full: str = "") -> None:
        super().__init__()
        self.taken: list[Order] = []
        self.full = full

    def in_force(self) -> tuple[Order, ...]:
        return tuple(self.taken)

    def offer(self, order: Order) -> str:
        self.taken += [] if self.full else [order]
        return self.full


DRAIN = order(OrderKind.DRAIN, "alpha")
SIGNED = sign_order(DRAIN, key()).encode()


def test_an_order_that_proves_itself_is_taken_and_listed() -> None:
    own, _ = doors(trust=Pinned(), orders=OneOrder())
    taken = own.orders_reply(b" " + SIGNED + b"\n", LOCAL, 0.0)
    assert body(taken) == {"id": DRAIN.id, "revision": 1}
    listed = own.orders_reply(None, LOCAL, 0.0)
    assert isinstance(listed, Reply)
    assert msgspec.json.decode(listed.body, type=OrderList).orders == (DRAIN,)


@pytest.mark.parametrize(
    ("offered", "trust", "full", "words"),
    [
        (b"forged", Pinned(), "", "no signed order"),
        (sign_order(DRAIN, key(2)).encode(), Pinned(), "", "not signed with the key"),
        (SIGNED, NoTrust(), "", NO_PROOF),
        (SIGNED, OneBundle(), "", "no trust bundle"),
        (SIGNED, Pinned(), "200 are in force", "200 are in force"),
    ],
)
def test_an_order_that_does_not_prove_itself_is_refused(
    offered: bytes, trust: TrustBoard, full: str, words: str
) -> None:
    own, _ = doors(trust=trust, orders=OneOrder(full))
    fault = own.orders_reply(offered, LOCAL, 0.0)
    assert isinstance(fault, Fault)
    assert (fault.status, fault.code) == (409, "order_refused")
    assert words in fault.message


def test_orders_and_bundles_share_what_may_be_offered_in_a_second() -> None:
    own, _ = doors()
    for _ in range(5):
        own.trust_reply(b"old", 50.0)
    fault = own.orders_reply(SIGNED, LOCAL, 50.5)
    assert isinstance(fault, Fault)
    assert fault.code == "too_many_offers"


UNKNOWN = Fault(FaultKind.REFUSED, "who are you?", status=401)


def nobody(_: Headers) -> Identity | Fault:
    return UNKNOWN


def asked(path: str, method: str = "GET", offered: bytes = b"") -> Reply | Fault:
    own, _ = doors(trust=Pinned(), orders=OneOrder())
    request = Request(method, path, "", (), offered, 0.0, "127.0.0.1")
    return own.public_reply(OWN[path], request, nobody, 0.0)


def test_who_is_not_known_may_offer_what_proves_itself_and_see_nothing() -> None:
    assert asked("/v1/mainstay/orders") is UNKNOWN
    assert asked("/v1/mainstay/trust") is UNKNOWN
    assert isinstance(asked("/v1/mainstay/orders", "POST", SIGNED), Reply)
    assert isinstance(asked("/livez"), Reply)
