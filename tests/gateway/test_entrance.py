from pathlib import Path

import msgspec
import pytest

from mainstay.config.load import load_text
from mainstay.config.snapshot import Snapshot
from mainstay.engine.allowances import Allowances
from mainstay.engine.purse import Purse
from mainstay.gateway.asking import Asking
from mainstay.gateway.entrance import Entrance, OpenGate
from mainstay.model.call import Call, CallKind
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Headers
from mainstay.model.identity import LOCAL, Allowance, Identity
from mainstay.wire.registry import DIALECTS

NOON = 1_795_000_000.0
DIALECT = DIALECTS["anthropic"]
CALL = Call("anthropic", CallKind.ANSWER, "/v1/messages", "claude", False, (), b"{}", estimated_input_tokens=10)  # noqa: FBT003 (a call by position)
YAML = b"""
upstreams:
  alpha: {dialect: anthropic, base_url: "http://alpha"}
models:
  claude: {candidates: [{upstream: alpha}]}
  other: {candidates: [{upstream: alpha}]}
workloads:
  batch: {}
tenants:
  acme: {requests_per_minute: 2}
"""


class KnownGate:
    """Knows one caller, and notes when it was asked."""

    def __init__(self, identity: Identity | Fault) -> None:
        self.asked_at: list[float] = []
        self._identity = identity

    def identify(self, headers: Headers, wall: float) -> Identity | Fault:
        self.asked_at.append(wall)
        return self._identity


def snapshot() -> Snapshot:
    found = load_text(YAML, Path("/nowhere"), {}).snapshot
    assert found is not None
    return found


def entrance(allowances: Allowances | None = None) -> Entrance:
    return Entrance(OpenGate(), allowances, lambda: NOON)


def asking(identity: Identity, model: str = "claude", *headers: tuple[str, str]) -> Asking | Fault:
    return entrance().asking(identity, headers, model, snapshot())


def test_an_open_gate_lets_everybody_in() -> None:
    assert entrance().identify((("x-api-key", "sk-ant-anything"),)) == LOCAL


def test_the_gate_is_asked_with_the_time_of_the_wall() -> None:
    gate = KnownGate(Identity("acme"))
    assert Entrance(gate, None, lambda: NOON).identify(()) == Identity("acme")
    assert gate.asked_at == [NOON]


def test_a_caller_without_bounds_may_name_its_workload() -> None:
    assert asking(LOCAL) == Asking()
    assert asking(LOCAL, "claude", ("x-mainstay-workload", "batch")) == Asking(workload="batch")


def test_the_tokens_workload_counts_whether_it_is_named_or_not() -> None:
    bound = Identity("acme", workload="batch")
    assert asking(bound) == Asking(workload="batch")
    assert asking(bound, "claude", ("x-mainstay-workload", "batch")) == Asking(workload="batch")


@pytest.mark.parametrize(
    ("identity", "model", "code"),
    [
        (Identity("acme", workload="default"), "claude", "workload_not_allowed"),
        (Identity("acme", models=("claude*",)), "other", "model_not_allowed"),
    ],
)
def test_what_a_token_does_not_allow_is_refused_as_such(identity: Identity, model: str, code: str) -> None:
    fault = asking(identity, model, ("x-mainstay-workload", "batch"))
    assert isinstance(fault, Fault)
    assert (fault.status, fault.code, fault.kind) == (403, code, FaultKind.REFUSED)


def test_a_workload_that_only_the_token_knows_is_trouble_of_our_own() -> None:
    fault = asking(Identity("acme", workload="gone"))
    assert isinstance(fault, Fault)
    assert (fault.status, fault.code, fault.kind) == (503, "workload_unavailable", FaultKind.INTERNAL)


def test_nonsense_in_headers_is_refused_before_anything_else() -> None:
    fault = asking(Identity("acme", models=("nothing",)), "claude", ("x-mainstay-deadline-seconds", "soon"))
    assert isinstance(fault, Fault)
    assert fault.code == "invalid_deadline"


def test_requests_are_counted_against_the_allowance_of_their_tenant() -> None:
    allowances = Allowances("gateway/0", 1)
    counting = entrance(allowances)
    verdicts = [counting.admit(Identity("acme"), snapshot(), DIALECT, CALL) for _ in range(3)]
    assert [isinstance(one, Purse) for one in verdicts] == [True, True, False]
    assert isinstance(verdicts[2], Fault)
    assert verdicts[2].kind is FaultKind.ALLOWANCE
    assert counting.admit(Identity("unbounded"), snapshot(), DIALECT, CALL) is None


def test_a_token_is_bounded_also_where_no_tenant_is() -> None:
    counting = entrance(Allowances("gateway/0", 1))
    bounded = Identity("globex", "tok_1", allowance=Allowance(requests_per_minute=1))
    unbounded = msgspec.structs.replace(snapshot(), tenants={})
    assert isinstance(counting.admit(bounded, unbounded, DIALECT, CALL), Purse)
    assert isinstance(counting.admit(bounded, unbounded, DIALECT, CALL), Fault)
    assert [counting.admit(Identity("globex"), unbounded, DIALECT, CALL) for _ in range(3)] == [None] * 3


def test_without_allowances_nobody_is_bounded() -> None:
    assert [entrance().admit(Identity("acme"), snapshot(), DIALECT, CALL) for _ in range(5)] == [None] * 5


def test_a_caller_sees_the_models_that_it_may_use() -> None:
    names = ("claude", "other")
    assert entrance().seen_by(LOCAL, names) == names
    assert entrance().seen_by(Identity("acme", models=("cl*",)), names) == ("claude",)


def test_an_exchange_that_is_taken_up_again_is_not_counted_once_more() -> None:
    allowances = Allowances("gateway/0", 1)
    counting = entrance(allowances)
    for _ in range(3):
        counting.purse(Identity("acme"), snapshot())
    assert isinstance(counting.admit(Identity("acme"), snapshot(), DIALECT, CALL), Purse)
    assert entrance().purse(Identity("acme"), snapshot()) is None


def test_what_needs_no_provider_counts_as_a_request_and_holds_no_money() -> None:
    allowances, acme = Allowances("here/0", 1), Identity("acme")
    door = entrance(allowances)
    assert [door.count(acme, snapshot(), DIALECT) for _ in range(2)] == [None, None]
    refused = door.count(acme, snapshot(), DIALECT)
    assert isinstance(refused, Fault)
    assert refused.status == 429
    assert entrance().count(acme, snapshot(), DIALECT) is None


def test_who_is_refused_learns_what_is_left_in_the_headers_of_his_dialect() -> None:
    counting = entrance(Allowances("gateway/0", 1))
    verdicts = [counting.admit(Identity("acme"), snapshot(), DIALECT, CALL) for _ in range(3)]
    refused = verdicts[2]
    assert isinstance(refused, Fault)
    assert dict(refused.headers)["anthropic-ratelimit-requests-limit"] == "2"
    assert dict(refused.headers)["anthropic-ratelimit-requests-remaining"] == "0"
