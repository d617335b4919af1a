import msgspec

from mainstay.lab.feeds.story import Story
from mainstay.ops.feeds.page import Page
from mainstay.ops.feeds.reading import read_page


def read(body: bytes) -> Page:
    page = read_page(body, 1_000_000.0)
    assert isinstance(page, Page)
    return page


def told() -> Story:
    story = Story("Lab", ("API", "Console"))
    story.update("a", "investigating", "We look.", 100.0, {"API": "partial_outage"}, name="Errors", impact="major")
    story.update("a", "monitoring", "A fix is in.", 200.0, {"API": "operational"})
    return story


def test_a_story_reads_as_a_page_of_statuspage() -> None:
    story = told()
    story.update("a", "identified", "It came back.", 300.0, {"API": "degraded_performance"})
    page = read(story.summary())
    assert {name: status.value for name, status in page.published().items()} == {
        "API": "degraded_performance",
        "Console": "operational",
    }
    (incident,) = page.incidents
    assert [(one.status.value, one.told_at) for one in incident.updates] == [
        ("investigating", 100.0),
        ("monitoring", 200.0),
        ("identified", 300.0),
    ]
    assert (incident.title, incident.impact.value) == ("Errors", "major")


def test_what_is_resolved_stands_among_the_incidents_alone() -> None:
    story = told()
    story.update("a", "resolved", "Over.", 400.0)
    assert read(story.summary()).incidents == ()
    assert [one.id for one in read(story.incidents()).incidents] == ["a"]


def test_what_was_said_can_be_changed_and_taken_back() -> None:
    story = told()
    before = story.version
    story.change("a", 1, "Never mind.", {"API": "operational"})
    assert read(story.summary()).incidents[0].updates[0].text == "Never mind."
    story.retract("a")
    assert read(story.summary()).incidents == ()
    assert story.version == before + 2


def test_the_same_story_reads_as_atom() -> None:
    (incident,) = read(told().atom()).incidents
    assert (incident.title, incident.status.value) == ("Errors", "monitoring")


def test_a_component_can_be_ill_without_an_incident() -> None:
    story = Story("Lab", ("API",))
    story.show("API", "major_outage")
    assert msgspec.json.decode(story.summary())["components"][0]["status"] == "major_outage"
