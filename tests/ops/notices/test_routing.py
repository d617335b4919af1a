"""Who hears a notice: by severity, by name, and when the way to all of them is down."""

import msgspec

from mainstay.model.notice import NoticePolicy, Route, Severity
from mainstay.ops.notices.routing import escalations_of, targets_of
from tests.ops.notices.notes import BEGAN_AT, POLICY, notice


def nowhere(_target: str) -> bool:
    return False


def test_a_route_hears_its_severity_and_all_above() -> None:
    assert targets_of(POLICY, notice(Severity.INFO), nowhere) == ()
    assert targets_of(POLICY, notice(Severity.WARNING), nowhere) == ("chat",)
    assert targets_of(POLICY, notice(Severity.MAJOR), nowhere) == ("chat",)


def test_a_target_of_two_routes_hears_once() -> None:
    assert targets_of(POLICY, notice(Severity.CRITICAL), nowhere) == ("chat", "pager")


def test_a_notice_may_name_its_targets_itself() -> None:
    named = msgspec.structs.replace(notice(Severity.INFO), targets=("boss", "gone"))
    assert targets_of(POLICY, named, nowhere) == ("boss", "gone")


def test_targets_whose_way_is_down_come_last() -> None:
    assert targets_of(POLICY, notice(), lambda target: target == "chat") == ("pager", "chat")


def test_where_every_way_is_down_all_others_hear_too_and_first() -> None:
    down = {"chat", "pager"}
    assert targets_of(POLICY, notice(), lambda target: target in down) == ("boss", "chat", "pager")


def test_where_every_way_at_all_is_down_nobody_else_is_bothered() -> None:
    assert targets_of(POLICY, notice(Severity.WARNING), lambda target: target != "boss") == ("boss", "chat")
    assert targets_of(POLICY, notice(Severity.WARNING), lambda _target: True) == ("chat",)


def test_who_hears_nothing_by_the_routes_hears_nothing_for_a_lack_of_ways() -> None:
    assert targets_of(POLICY, notice(Severity.INFO), lambda _target: True) == ()


def test_escalations_come_in_order_of_time_and_for_grave_notices_only() -> None:
    late = Route(Severity.WARNING, ("chat",), 600.0, ("pager", "pager"))
    policy = NoticePolicy(POLICY.targets, (late, *POLICY.routes))
    found = escalations_of(policy, Severity.CRITICAL, BEGAN_AT)
    assert [(one.at - BEGAN_AT, one.targets) for one in found] == [(300.0, ("boss",)), (600.0, ("pager",))]
    assert found[0].why == "nobody acknowledged within 300 s"
    assert [one.targets for one in escalations_of(policy, Severity.WARNING, BEGAN_AT)] == [("pager",)]
    assert escalations_of(policy, Severity.INFO, BEGAN_AT) == []
