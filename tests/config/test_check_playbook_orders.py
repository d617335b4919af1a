"""Mistakes of orders in playbooks."""

import pytest

from tests.config.playbook_texts import mistake, mistakes


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("{kind: drain}", "order.upstream: is missing; drain is about an upstream"),
        (
            "{kind: drain, upstream: antropic}",
            "order.upstream: is not the name of an upstream; did you mean anthropic?",
        ),
        ("{kind: drain, upstream: '{run.upstrem}'}", "order.upstream: has {run.upstrem}, which stands for nothing"),
        ("{kind: cache-first, upstream: spare}", "order.upstream: does not belong to cache-first"),
        ("{kind: read-only, model: claude}", "order.model: does not belong to read-only"),
        ("{kind: pin, upstream: anthropic, credential: main}", "order.credential: belongs to drain and forbid only"),
        (
            "{kind: drain, upstream: anthropic, credential: mian}",
            "is not the name of a credential of anthropic; did you",
        ),
        ("{kind: drain, upstream: anthropic, model: clod}", "order.model: is not the name of a model of anthropic"),
        ("{kind: drain, upstream: spare, percent: 20}", "order.percent: belongs to shift only"),
        ("{kind: drain, upstream: spare, ramp_seconds: 20}", "order.ramp_seconds: belongs to shift only"),
        ("{kind: shift, upstream: spare, ramp_seconds: 90, for_seconds: 60}", "is longer than the order lasts"),
        ("{kind: drain, upstream: spare, scope: {models: [x]}}", "order.scope.models[0]: is not the name of a model"),
        (
            "{kind: drain, upstream: spare, scope: {workloads: [x]}}",
            "scope.workloads[0]: is not the name of a workload",
        ),
        ("{kind: drain, upstream: spare, scope: {tenants: ['{x}']}}", "scope.tenants[0]: has {x}"),
    ],
)
def test_an_order_with_a_mistake(order: str, words: str) -> None:
    assert words in mistake(f"{{id: a, order: {order}}}")


@pytest.mark.parametrize(
    "order",
    [
        "{kind: drain, upstream: '{run.upstream}', model: '{run.model}', credential: '{run.credential}'}",
        "{kind: shift, upstream: spare, model: whatever, percent: 5, ramp_seconds: 60}",
        "{kind: critical-only}",
        "{kind: drain, upstream: anthropic, credential: main, model: claude}",
    ],
)
def test_good_orders(order: str) -> None:
    assert mistakes(f"{{id: a, order: {order}}}") == []


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("{}", "end_orders: needs `upstream`, `steps` or both"),
        ("{kinds: [drain], steps: [d]}", "end_orders.kinds: belongs to `upstream`"),
        ("{upstream: sparr}", "end_orders.upstream: is not the name of an upstream; did you mean spare?"),
        ("{steps: [a]}", "end_orders.steps[0]: is no step that gives an order; did you mean d?"),
    ],
)
def test_an_end_of_orders_with_a_mistake(end: str, words: str) -> None:
    found = mistake(f"{{id: d, order: {{kind: cache-first}}}}\n{{id: a, end_orders: {end}}}")
    assert words.replace("; did you mean d?", "") in found
