import msgspec

from mainstay.model.incident import ComponentStatus
from mainstay.ops.feeds.claims import About
from mainstay.ops.feeds.fold import (
    CHANGES_MAX,
    INCIDENTS_KEPT_MAX,
    RESOLVED_KEPT_SECONDS,
    Change,
    Heard,
    Memory,
    repeated,
    take,
)
from mainstay.ops.feeds.history import STATEMENTS_MAX, effective_state
from mainstay.ops.feeds.page import FeedKind, Page
from tests.ops.feeds.pages import DEGRADED, PARTIAL, WELL, at, incident, page, update

ABOUT = About("anthropic", ("claude-opus-4-6",))
API = {"Claude API": PARTIAL}
SOURCE = "https://status.lab.example"
QUIET = page(components={"Claude API": WELL})
OPENED = update("11:49", text="We look.", touched=API)


class Reader:
    """Reads one page again and again."""

    def __init__(self) -> None:
        self.memory = Memory()

    def read(self, shown: Page, clock: str) -> Heard:
        return take(self.memory, shown, [ABOUT], SOURCE, at(clock))

    def subjects(self, shown: Page, clock: str) -> list[tuple[str, str]]:
        return [(one.subject, one.state) for one in self.read(shown, clock).changes]


def shown(*updates: object, status: ComponentStatus = PARTIAL, title: str = "Elevated errors") -> Page:
    return page(incident("abc", title, *updates), components={"Claude API": status})  # type: ignore[arg-type]


def test_a_quiet_page_is_no_news() -> None:
    heard = Reader().read(QUIET, "11:00")
    assert (heard.changes, heard.evidence) == ((), ())


def test_a_change_is_told_once() -> None:
    reader = Reader()
    reader.read(QUIET, "11:49")
    heard = reader.read(shown(OPENED), "11:50")
    assert heard.changes == (
        Change("component Claude API", "partial_outage"),
        Change("incident abc", "investigating", at("11:49"), "Elevated errors: We look.", "https://stspg.io/abc"),
        Change(
            "about upstream:anthropic",
            "partial_outage",
            at("11:49"),
            "Elevated errors (investigating)",
            "https://stspg.io/abc",
            "anthropic",
        ),
    )
    assert reader.read(shown(OPENED), "11:51").changes == ()


def test_evidence_is_given_as_long_as_the_page_says_so_and_its_end_once() -> None:
    reader = Reader()
    reader.read(QUIET, "11:48")
    (first,) = reader.read(shown(OPENED), "11:50").evidence
    assert (first.kind, first.component, first.is_bad, first.value) == ("page", "upstream:anthropic", True, 2.0)
    assert first.words == "the provider's status page says partial outage: Elevated errors (investigating)"
    (again,) = reader.read(shown(OPENED), "11:51").evidence
    assert (again.at, again.source) == (at("11:51"), first.source)
    (third,) = repeated(reader.memory, SOURCE, at("11:52"))
    assert third.is_bad
    over = shown(OPENED, update("12:10", "monitoring", touched={"Claude API": WELL}), status=WELL)
    (end,) = reader.read(over, "12:11").evidence
    assert (end.component, end.is_bad, end.source) == ("upstream:anthropic", False, first.source)
    assert reader.read(over, "12:12").evidence == ()


def test_a_page_cannot_have_said_so_before_we_last_looked() -> None:
    reader = Reader()
    reader.read(QUIET, "12:00")
    backdated = [one for one in reader.read(shown(OPENED), "12:01").changes if one.subject.startswith("about")]
    assert [one.said_at for one in backdated] == [at("12:00")]
    unread = [one for one in Reader().read(shown(OPENED), "12:01").changes if one.subject.startswith("about")]
    assert [one.said_at for one in unread] == [at("11:49")]


def test_a_page_cannot_have_said_so_in_the_future() -> None:
    early = [one for one in Reader().read(shown(OPENED), "11:00").changes if one.subject.startswith("about")]
    assert [one.said_at for one in early] == [at("11:00")]


def test_the_way_back_is_counted() -> None:
    reader = Reader()
    updates = [OPENED, update("12:00", "monitoring"), update("12:10", "identified")]
    for number in range(1, 4):
        reader.read(shown(*updates[:number]), f"12:1{number}")
    assert reader.memory.incidents["abc"].regressions == 1
    reader.read(shown(*updates, update("13:00", "monitoring"), update("13:30", "investigating")), "13:31")
    assert reader.memory.incidents["abc"].regressions == 2


def test_what_is_taken_back_is_told_and_kept() -> None:
    reader = Reader()
    reader.read(shown(OPENED), "11:50")
    changed = update("11:49", text="We look.", touched={"Claude API": WELL})
    changes = reader.read(shown(changed, status=WELL), "12:00").changes
    assert ("incident abc", "withdrawn") in [(one.subject, one.state) for one in changes]
    statements = reader.memory.statements
    assert effective_state(statements, "Claude API", at("11:55"), at("11:55")) is PARTIAL
    assert effective_state(statements, "Claude API", at("11:55"), at("12:00")) is WELL


def test_a_feed_that_tells_the_last_word_alone_takes_nothing_back() -> None:
    reader = Reader()
    for clock, status in (("11:50", "investigating"), ("12:00", "monitoring")):
        item = incident("abc", "Errors", update(clock, status))
        found = reader.subjects(page(item, kind=FeedKind.RSS), clock)
    assert [one for one in found if one[0] == "incident abc"] == [("incident abc", "monitoring")]


def test_an_open_incident_that_is_gone_is_over() -> None:
    reader = Reader()
    reader.read(shown(OPENED), "11:50")
    assert reader.subjects(QUIET, "12:00") == [
        ("component Claude API", "operational"),
        ("incident abc", "resolved"),
        ("about upstream:anthropic", "operational"),
    ]
    assert reader.subjects(QUIET, "12:01") == []


def test_what_was_over_before_we_looked_is_no_news() -> None:
    past = incident("old", "Old", update("09:00"), update("09:30", "resolved"))
    reader = Reader()
    assert reader.subjects(page(past, components={"Claude API": WELL}), "11:00") == []
    assert len(reader.memory.statements) == 2


def test_an_incident_that_is_long_over_is_forgotten() -> None:
    reader = Reader()
    reader.read(shown(OPENED), "11:50")
    reader.read(QUIET, "12:00")
    take(reader.memory, QUIET, [ABOUT], SOURCE, at("12:00") + RESOLVED_KEPT_SECONDS)
    assert list(reader.memory.incidents) == ["abc"]
    take(reader.memory, QUIET, [ABOUT], SOURCE, at("12:00") + RESOLVED_KEPT_SECONDS + 1)
    assert reader.memory.incidents == {}


def test_a_page_with_ever_new_incidents_does_not_fill_our_memory() -> None:
    reader = Reader()
    for number in range(30):
        many = [incident(f"i{number}-{one}", "Errors", update("11:00")) for one in range(50)]
        take(reader.memory, page(*many), [ABOUT], SOURCE, at("12:00") + number)
    assert len(reader.memory.incidents) == INCIDENTS_KEPT_MAX
    assert "i29-0" in reader.memory.incidents
    assert len(reader.memory.statements) <= STATEMENTS_MAX + 50


def test_the_published_state_is_kept_beside_the_effective_one() -> None:
    reader = Reader()
    wide = incident("wide", "Errors", update("11:49", touched=API))
    small = incident("small", "Errors with Opus 4.6", update("14:35", touched={"Claude API": DEGRADED}))
    reader.read(page(wide, components=API), "11:50")
    changes = reader.read(page(wide, small, components={"Claude API": DEGRADED}), "14:36").changes
    assert changes[0] == Change("component Claude API", "partial_outage", None, "the page shows degraded_performance")


def test_a_page_that_floods_is_cut() -> None:
    many = page(*(incident(f"i{number}", "Errors", update("11:00"), update("11:01")) for number in range(150)))
    changes = Reader().read(many, "11:50").changes
    assert len(changes) == CHANGES_MAX + 1
    assert (changes[-1].subject, changes[-1].state) == ("feed", "floods")


def test_a_flood_is_told_once_and_not_again() -> None:
    many = page(*(incident(f"i{number}", "Errors", update("11:00"), update("11:01")) for number in range(150)))
    reader = Reader()
    reader.read(many, "11:50")
    assert reader.read(many, "11:51").changes == ()


def test_an_update_without_an_instant_is_told_once() -> None:
    reader = Reader()
    undated = msgspec.structs.replace(OPENED, told_at=None)
    reader.read(shown(undated), "11:50")
    assert reader.read(shown(undated), "11:51").changes == ()


def test_memory_survives_being_written_down() -> None:
    reader = Reader()
    reader.read(shown(OPENED), "11:50")
    reader.memory = msgspec.json.decode(msgspec.json.encode(reader.memory), type=Memory)
    assert reader.read(shown(OPENED), "11:51").changes == ()
