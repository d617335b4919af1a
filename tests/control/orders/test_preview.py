"""What an order would do, computed on what was asked."""

from pathlib import Path

import pytest

from mainstay.control.orders.load import Load
from mainstay.control.orders.preview import NOBODY, TURNED_AWAY, Preview
from mainstay.model.orders import OrderKind, Scope
from tests.control.orders.house import House, draft, load

USUAL = load(
    ("claude", "default", "anthropic", 300),
    ("claude", "eu-only", "bedrock", 150),
    ("haiku", "default", "anthropic", 450),
    ("claude", "urgent", "", 100),
)
MINUTES = 15


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = House(tmp_path)
    house.load = USUAL
    return house


def seen(preview: Preview) -> list[tuple[str, str, str, str, float]]:
    return sorted((one.model, one.workload, one.source, one.target, one.exchanges) for one in preview.moves)


def test_a_drain_moves_what_it_drains_to_the_standby_and_tells_its_headroom(house: House) -> None:
    preview = house.desk.preview(draft(OrderKind.DRAIN, "anthropic"))
    assert seen(preview) == [
        ("claude", "default", "anthropic", "bedrock", 300),
        ("claude", "urgent", "anthropic", "bedrock", 100),
    ]
    assert preview.summary == "would move 40 % of traffic; standby headroom 110 req/min at bedrock"
    (room,) = preview.headroom
    assert (room.upstream, room.used, room.more, room.free) == ("bedrock", 10.0, round(400 / MINUTES, 1), 110.0)


def test_a_standby_that_is_too_small_is_warned_of(house: House) -> None:
    house.load = load(("claude", "default", "anthropic", 200 * MINUTES))
    preview = house.desk.preview(draft(OrderKind.DRAIN, "anthropic"))
    assert "bedrock would get 200 req/min more and has room for 120" in preview.lines


def test_a_standby_without_a_limit_is_said_to_be_unknown(house: House) -> None:
    preview = house.desk.preview(draft(OrderKind.PIN, "openai"))
    assert "openai would get 26.7 req/min more, and no limit of it is configured" in preview.summary


def test_a_shift_moves_its_share_when_its_ramp_is_over(house: House) -> None:
    preview = house.desk.preview(draft(OrderKind.SHIFT, "bedrock", percent=25.0, ramp_seconds=600.0))
    assert ("claude", "default", "anthropic", "bedrock", 75.0) in seen(preview)
    assert preview.moved_percent == pytest.approx(10.0)


def test_a_second_shift_moves_only_what_the_first_has_not_moved(house: House) -> None:
    house.given(OrderKind.SHIFT, "bedrock", percent=25.0)
    scoped = draft(OrderKind.SHIFT, "bedrock", percent=50.0, scope=Scope(models=("claude",)))
    house.load = load(("claude", "default", "anthropic", 100))
    assert seen(house.desk.preview(scoped)) == [("claude", "default", "anthropic", "bedrock", 25.0)]


def test_policy_is_named_where_it_keeps_work_from_following(house: House) -> None:
    preview = house.desk.preview(draft(OrderKind.PIN, "anthropic"))
    assert "policy: claude for eu-only stays away from anthropic: residency: the upstream states no region" in (
        preview.lines
    )
    assert preview.moved_percent == 0.0


def test_who_would_be_turned_away_is_told(house: House) -> None:
    preview = house.desk.preview(draft(OrderKind.CRITICAL_ONLY))
    assert {(one.workload, one.target) for one in preview.moves} == {
        ("default", TURNED_AWAY),
        ("eu-only", TURNED_AWAY),
    }
    assert preview.moved_percent == pytest.approx(90.0)
    assert preview.headroom == ()


def test_who_would_have_nobody_is_told_beside_the_refusal(house: House) -> None:
    preview = house.desk.preview(draft(OrderKind.FORBID, "anthropic"))
    assert ("haiku", "default", "anthropic", NOBODY, 450) in seen(preview)
    assert preview.refusal is not None
    assert preview.lines[-1] == f"refused: {preview.refusal.text}"


def test_work_that_a_safe_mode_turns_away_already_does_not_move(house: House) -> None:
    house.given(OrderKind.READ_ONLY)
    assert house.desk.preview(draft(OrderKind.DRAIN, "anthropic")).moves == ()


def test_what_was_failed_over_then_is_moved_if_its_first_choice_changes(house: House) -> None:
    house.load = load(("claude", "default", "openai", 100), ("claude", "default", "bedrock", 100))
    assert seen(house.desk.preview(draft(OrderKind.DRAIN, "anthropic"))) == [
        ("claude", "default", "openai", "bedrock", 100)
    ]
    assert seen(house.desk.preview(draft(OrderKind.DRAIN, "bedrock"))) == [
        ("claude", "default", "bedrock", "anthropic", 100)
    ]


def test_without_traffic_or_records_it_says_so(house: House) -> None:
    house.load = load()
    assert house.desk.preview(draft(OrderKind.DRAIN, "anthropic")).summary == (
        "how much it would move is not known: nothing was asked in the last 15 min"
    )
    house.load = Load({}, trouble="the store does not answer")
    assert "the store does not answer" in house.desk.preview(draft(OrderKind.DRAIN, "anthropic")).summary


def test_models_that_the_file_has_no_more_are_left_out(house: House) -> None:
    house.load = load(("gone", "default", "anthropic", 100), ("claude", "default", "anthropic", 100))
    assert house.desk.preview(draft(OrderKind.DRAIN, "anthropic")).moved_percent == 50.0


def test_a_preview_gives_nothing(house: House) -> None:
    house.desk.preview(draft(OrderKind.DRAIN, "anthropic"))
    assert house.records == []
    assert house.desk.recent() == ()


def test_a_small_share_is_not_rounded_to_nothing(house: House) -> None:
    house.load = load(("claude", "default", "anthropic", 1), ("haiku", "default", "anthropic", 999))
    assert "would move less than 1 % of traffic" in house.desk.preview(draft(OrderKind.DRAIN, "anthropic")).summary
