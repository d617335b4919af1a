import pytest

from mainstay.engine.routing.scoping import covers, precedence
from mainstay.model.orders import EVERYTHING, OrderKind, Scope
from tests.engine.routing.given import WALL, order


@pytest.mark.parametrize(
    ("scope", "is_covered"),
    [
        (EVERYTHING, True),
        (Scope(models=("claude", "gpt")), True),
        (Scope(models=("gpt",)), False),
        (Scope(workloads=("batch",)), False),
        (Scope(tenants=("acme",)), True),
        (Scope(tenants=("other",)), False),
        (Scope(models=("claude",), workloads=("default",), tenants=("other",)), False),
    ],
)
def test_an_order_is_about_what_its_scope_names(scope: Scope, *, is_covered: bool) -> None:
    assert covers(scope, "claude", "default", "acme") is is_covered


def test_what_is_narrower_has_the_last_word_and_then_what_was_given_later() -> None:
    tenant = order(OrderKind.PIN, "a", Scope(tenants=("acme",)), given_at=WALL - 9)
    both = order(OrderKind.PIN, "a", Scope(models=("m",), workloads=("w",)), given_at=WALL - 8)
    workload = order(OrderKind.PIN, "a", Scope(workloads=("w",)), given_at=WALL - 7)
    model = order(OrderKind.PIN, "a", Scope(models=("m",)), given_at=WALL - 6)
    late, early = (order(OrderKind.PIN, "a", given_at=WALL - seconds) for seconds in (1, 5))
    assert sorted([tenant, late, model, both, early, workload], key=precedence) == [
        early,
        late,
        model,
        workload,
        both,
        tenant,
    ]
