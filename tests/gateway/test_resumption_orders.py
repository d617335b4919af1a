"""Exchanges that are gone on with while orders are in force."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mainstay.engine.routing.routing import Routing
from mainstay.model.orders import OrderKind
from tests.engine.routing.given import order
from tests.gateway.kept_rig import KeptRig, answered, interrupted, kept_rig
from tests.gateway.talk import WHOLE


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[KeptRig]:
    yield from kept_rig(tmp_path)


def test_while_nobody_may_be_asked_what_is_whole_is_given_and_the_rest_waits(rig: KeptRig) -> None:
    closed = order(OrderKind.READ_ONLY)
    answered(rig)
    interrupted(rig)
    before = len(rig.attempts)
    rig.orders.routing = Routing([closed])
    assert rig.come_back(0, "ex_1").body == b"".join(WHOLE)
    caller = rig.come_back(0, "ex_2")
    assert caller.refusal == (0, "safe_mode")
    assert closed.words in caller.faults[0].message
    assert len(rig.attempts) == before
    rig.orders.routing = None
    rig.come_back(0, "ex_2")
    assert len(rig.attempts) == before + 1


def test_what_is_gone_on_with_does_not_go_where_an_order_forbids(rig: KeptRig) -> None:
    interrupted(rig)
    before = len(rig.attempts)
    forbidden = order(OrderKind.FORBID, "alpha")
    rig.orders.routing = Routing([forbidden])
    caller = rig.come_back()
    assert len(rig.attempts) == before
    assert b"could not be continued" in caller.body
    assert rig.exchanges[-1].skipped == (f"alpha: {forbidden.words}",)
