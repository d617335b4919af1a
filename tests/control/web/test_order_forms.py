import pytest

from mainstay.control.web.order_forms import BadOrderError, OrderBody, draft_of_body, draft_of_form
from mainstay.model.orders import OrderKind, Scope


def test_a_form_becomes_a_draft() -> None:
    form = {
        "kind": "shift",
        "upstream": "alpha",
        "reason": " why ",
        "percent": "12,5",
        "ramp_minutes": "2",
        "hours": "0.5",
        "models": "a, b",
        "incident": "7",
        "key": "k",
    }
    draft = draft_of_form(form, "ann", "console")
    assert (draft.kind, draft.percent, draft.ramp_seconds, draft.lasts_seconds) == (
        OrderKind.SHIFT,
        12.5,
        120.0,
        1_800.0,
    )
    assert (draft.scope, draft.reason, draft.incident) == (Scope(models=("a", "b")), "why", "INC-7")
    assert (draft.author, draft.via, draft.key) == ("ann", "console", "console ann k")


def test_a_share_belongs_to_shifts_alone() -> None:
    draft = draft_of_form({"kind": "drain", "percent": "5", "ramp_minutes": "5"}, "ann", "console")
    assert (draft.percent, draft.ramp_seconds, draft.key) == (100.0, 0.0, "")


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"kind": "stop"},
        {"kind": "drain", "hours": "x"},
        {"kind": "drain", "hours": "-1"},
        {"kind": "shift", "percent": "nan"},
        {"kind": "shift", "percent": "inf"},
        {"kind": "drain", "incident": "none"},
    ],
)
def test_what_cannot_be_is_said(form: dict[str, str]) -> None:
    with pytest.raises(BadOrderError):
        draft_of_form(form, "ann", "console")


def test_keys_of_different_people_never_meet() -> None:
    body = OrderBody(OrderKind.DRAIN, "why", "alpha", key="k")
    assert draft_of_body(body, "ann").key != draft_of_body(body, "bob").key
    assert draft_of_body(OrderBody(OrderKind.DRAIN, "why"), "ann").key == ""
    assert draft_of_body(body, "ann").via == "api"
