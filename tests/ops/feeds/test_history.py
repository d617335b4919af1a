import msgspec

from mainstay.model.incident import ComponentStatus, IncidentStatus
from mainstay.ops.feeds.history import (
    KEEP_SECONDS,
    STATEMENTS_MAX,
    Statement,
    effective_state,
    known_at,
    pruned,
    published_state,
)
from mainstay.ops.feeds.page import PageComponent
from tests.ops.feeds.pages import DEGRADED, PARTIAL, WELL, at, update


def said(
    incident: str, clock: str, status: str, heard: str = "", withdrawn: str = "", **touched: ComponentStatus
) -> Statement:
    components = tuple(PageComponent(name, state) for name, state in touched.items())
    heard_at, withdrawn_at = at(heard or clock), at(withdrawn) if withdrawn else None
    told = (IncidentStatus(status), at(clock), heard_at)
    return Statement(incident, clock, *told, touched=components, withdrawn_at=withdrawn_at)


# As on a real day: each incident overwrites what another one said.
DAY = [
    said("main", "11:49", "investigating", site=PARTIAL),
    said("main", "12:06", "investigating", api=PARTIAL),
    said("main", "12:21", "investigating", api=WELL),
    said("main", "13:37", "identified", api=PARTIAL),
    said("opus", "14:35", "investigating", api=DEGRADED, site=DEGRADED),
    said("main", "15:25", "monitoring", api=WELL, site=WELL),
    said("main", "15:47", "resolved"),
    said("opus", "15:50", "resolved"),
]


def state(clock: str, component: str = "api") -> tuple[ComponentStatus, ComponentStatus]:
    """Effective and published, by all that was ever heard."""
    return (
        effective_state(DAY, component, at(clock), at("23:00")),
        published_state(DAY, component, at(clock), at("23:00")),
    )


def test_the_effective_state_is_the_worst_over_incidents_and_the_published_one_the_last_writers() -> None:
    assert state("12:10") == (PARTIAL, PARTIAL)
    assert state("12:30") == (WELL, WELL)
    assert state("14:40") == (PARTIAL, DEGRADED)
    assert state("15:30") == (DEGRADED, WELL)
    assert state("15:51") == (WELL, WELL)


def test_an_incident_that_is_over_says_nothing_any_more() -> None:
    assert state("15:48", "site") == (DEGRADED, WELL)
    assert state("15:51", "site") == (WELL, WELL)


def test_what_was_known_then_and_what_is_known_now_are_two_things() -> None:
    statements = [
        said("main", "12:06", "investigating", withdrawn="14:00", api=PARTIAL),
        said("main", "12:06", "investigating", heard="14:00", api=WELL),
    ]
    assert effective_state(statements, "api", at("12:10"), at("12:10")) is PARTIAL
    assert effective_state(statements, "api", at("12:10"), at("14:00")) is WELL


def test_what_was_said_before_we_listened_was_not_known_then() -> None:
    late = [said("main", "11:00", "investigating", heard="12:00", api=PARTIAL)]
    assert effective_state(late, "api", at("11:30"), at("11:30")) is WELL
    assert effective_state(late, "api", at("11:30"), at("12:00")) is PARTIAL
    assert known_at(late, at("11:59")) == []


def test_nobody_has_spoken_in_the_future() -> None:
    early = said("main", "23:00", "investigating", heard="12:00")
    undated = msgspec.structs.replace(early, told_at=None)
    assert (early.said_at, undated.said_at) == (at("12:00"), at("12:00"))


def test_a_statement_knows_its_update_again() -> None:
    statement = said("main", "11:49", "investigating", site=PARTIAL)
    assert statement.update_said == update("11:49", "investigating", touched={"site": PARTIAL})
    assert statement.update_said != update("11:49", "investigating", touched={"site": WELL})


def test_what_the_page_still_says_is_kept_and_of_the_rest_the_newest() -> None:
    old = [said(f"gone{number}", "10:00", "resolved") for number in range(STATEMENTS_MAX)]
    living = [said("main", "09:00", "investigating"), said("main", "09:30", "monitoring")]
    kept = pruned([*living, *old], {"main"}, at("12:00"))
    assert len(kept) == STATEMENTS_MAX
    assert kept[-2:] == living
    assert kept[0].incident == "gone2"


def test_what_is_withdrawn_is_kept_for_three_months() -> None:
    statement = said("main", "10:00", "investigating", withdrawn="11:00")
    assert pruned([statement], {"main"}, at("10:00") + KEEP_SECONDS) == [statement]
    assert pruned([statement], {"main"}, at("10:00") + KEEP_SECONDS + 1) == []
