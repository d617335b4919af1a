"""What orders make of requests, and the door through which they come."""

from collections.abc import Iterator

import msgspec
import pytest

from mainstay.engine.routing.routing import Routing
from mainstay.model.http import Headers, Reply
from mainstay.model.orders import EVERYTHING, OrderKind, Scope
from tests.engine.routing.given import order
from tests.gateway.rig import FROM_ANTHROPIC, JSON, WILD_YAML, Rig, rig_with, snapshot

OVERLOADED = 529
"""What Anthropic's dialect says for 503."""
YAML = """
upstreams:
  alpha: {dialect: anthropic, base_url: "http://alpha"}
  beta: {dialect: anthropic, base_url: "http://beta", region: eu}
models:
  claude: {candidates: [{upstream: alpha}, {upstream: beta}]}
workloads:
  urgent: {priority: critical}
  eu-only: {residency: [eu]}
  must: {durable: true}
"""


@pytest.fixture
def rig() -> Iterator[Rig]:
    yield from rig_with(snapshot(YAML))


def give(rig: Rig, kind: OrderKind, upstream: str = "", scope: Scope = EVERYTHING) -> str:
    """The words of an order that is in force from now on."""
    given = order(kind, upstream, scope)
    before = () if rig.orders.routing is None else rig.orders.routing.orders
    rig.orders.routing = Routing([*before, given])
    return given.words


def headers(reply: Reply) -> dict[str, str]:
    return dict(reply.headers)


def ask(rig: Rig, workload: str = "default") -> Reply:
    """A request that the last attempt answers."""
    caller = rig.post(headers=workload_of(workload))
    rig.answer()
    return caller.only_reply


def refused(rig: Rig, workload: str = "default") -> Reply:
    """The answer to a request that nobody was asked for."""
    caller = rig.post(headers=workload_of(workload))
    assert rig.upstreams.attempts == []
    return caller.only_reply


def workload_of(name: str) -> Headers:
    return (*JSON, ("x-mainstay-workload", name))


def test_a_drained_upstream_is_left_and_the_caller_and_the_record_are_told(rig: Rig) -> None:
    words = give(rig, OrderKind.DRAIN, "alpha")
    told = headers(ask(rig))
    assert told["x-mainstay-upstream"] == "beta"
    assert told["x-mainstay-degraded"] == f"alpha: {words}"
    assert rig.exchanges[-1].degraded == f"alpha: {words}"


def test_without_orders_nothing_is_said(rig: Rig) -> None:
    told = headers(ask(rig))
    assert told["x-mainstay-upstream"] == "alpha"
    assert "x-mainstay-degraded" not in told


def test_residency_goes_before_a_pin(rig: Rig) -> None:
    give(rig, OrderKind.PIN, "alpha")
    assert headers(ask(rig, "eu-only"))["x-mainstay-upstream"] == "beta"


def test_where_nobody_is_left_the_error_names_the_order(rig: Rig) -> None:
    words = give(rig, OrderKind.FORBID, "beta")
    reply = refused(rig, "eu-only")
    assert reply.status == 503
    assert words in reply.body.decode()
    assert words in headers(reply)["x-mainstay-skipped"]
    assert rig.exchanges[-1].skipped[-1] == f"beta: {words}"


def test_only_critical_work_is_served_while_that_is_ordered(rig: Rig) -> None:
    words = give(rig, OrderKind.CRITICAL_ONLY)
    reply = refused(rig)
    assert reply.status == OVERLOADED
    assert words in msgspec.json.decode(reply.body)["error"]["message"]
    assert 1 <= int(headers(reply)["retry-after"]) <= 60
    record = rig.exchanges[-1]
    assert (record.outcome, record.fault, record.fault_code) == ("failed", "shed", "safe_mode")
    assert headers(ask(rig, "urgent"))["x-mainstay-upstream"] == "alpha"


def test_work_that_is_turned_away_is_not_written_down_first(rig: Rig) -> None:
    give(rig, OrderKind.CRITICAL_ONLY)
    reply = refused(rig, "must")
    assert "safe mode" in reply.body.decode(), "not that no drafts are kept, which would be looked at next"


def test_nobody_is_asked_while_that_is_ordered(rig: Rig) -> None:
    words = give(rig, OrderKind.READ_ONLY)
    reply = refused(rig, "urgent")
    assert (reply.status, rig.exchanges[-1].fault_code) == (OVERLOADED, "safe_mode")
    assert words in reply.body.decode()
    assert rig.get("/v1/models").status == 200


def test_an_order_for_other_work_changes_nothing(rig: Rig) -> None:
    give(rig, OrderKind.CRITICAL_ONLY, scope=Scope(tenants=("acme",)))
    give(rig, OrderKind.FORBID, "alpha", scope=Scope(workloads=("eu-only",)))
    assert "x-mainstay-degraded" not in headers(ask(rig))


def test_lists_that_only_a_provider_knows_are_not_asked_for_either() -> None:
    only_wild = WILD_YAML.replace("  gpt: {candidates: [{upstream: beta}]}\n", "")
    for rig in rig_with(snapshot(only_wild)):
        words = give(rig, OrderKind.READ_ONLY)
        reply = rig.send("GET", "/v1/models", FROM_ANTHROPIC).only_reply
        assert reply.status == OVERLOADED
        assert words in reply.body.decode()
        assert rig.upstreams.attempts == []


def test_the_orders_in_force_are_listed_and_a_forged_one_is_refused(rig: Rig) -> None:
    assert msgspec.json.decode(rig.get("/v1/mainstay/orders").body) == {"orders": []}
    reply = rig.post("/v1/mainstay/orders", body=b"forged").only_reply
    assert reply.status == 409
    assert rig.send("DELETE", "/v1/mainstay/orders").only_reply.status == 405
