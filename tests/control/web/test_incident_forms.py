import pytest

from mainstay.control.web.incident_forms import BadFormError, event_of, key_of, opened_of, seen_of
from mainstay.model.incident import (
    Acknowledged,
    Affected,
    ComponentStatus,
    Impact,
    IncidentEvent,
    IncidentStatus,
    Merged,
    Moved,
    Noted,
    Posted,
    Published,
    Rated,
    Retitled,
    Scoped,
    Staffed,
)


@pytest.mark.parametrize(
    ("form", "event"),
    [
        ({"act": "acknowledge"}, Acknowledged()),
        ({"act": "post", "text": "a"}, Posted("a")),
        ({"act": "move", "status": "monitoring", "text": "b"}, Moved(IncidentStatus.MONITORING, "b")),
        ({"act": "rate", "impact": "major", "text": "c"}, Rated(Impact.MAJOR, "c")),
        (
            {"act": "scope", "component": "gateway", "component_status": "partial_outage"},
            Scoped((Affected("gateway", ComponentStatus.PARTIAL_OUTAGE),)),
        ),
        ({"act": "note", "text": "d"}, Noted("d")),
        ({"act": "role", "role": "scribe"}, Staffed("scribe", "ann")),
        ({"act": "role", "role": "scribe", "give_back": "yes"}, Staffed("scribe", "")),
        ({"act": "title", "title": "e"}, Retitled("e")),
        ({"act": "merge", "into": "inc-3"}, Merged("INC-3")),
        ({"act": "publish"}, Published(is_private=False)),
        ({"act": "hide"}, Published(is_private=True)),
    ],
)
def test_each_form_makes_its_event(form: dict[str, str], event: IncidentEvent) -> None:
    assert event_of(form, "ann") == event


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"act": "told"},
        {"act": "move", "status": "over"},
        {"act": "rate"},
        {"act": "scope", "component": "gateway"},
        {"act": "role", "role": "king"},
        {"act": "merge", "into": "x"},
    ],
)
def test_what_cannot_be_is_said(form: dict[str, str]) -> None:
    with pytest.raises(BadFormError):
        event_of(form, "ann")


def test_an_incident_began_before_it_is_opened() -> None:
    form = {"title": "t", "impact": "minor", "minutes": "5", "private": "yes", "component": ""}
    opened = opened_of(form, 1_000.0)
    assert (opened.started_at, opened.is_private, opened.affected) == (700.0, True, ())
    for minutes in ("-1", "x", "999999"):
        with pytest.raises(BadFormError):
            opened_of({**form, "minutes": minutes}, 1_000.0)


def test_only_the_same_form_of_the_same_page_and_person_has_the_same_key() -> None:
    form = {"act": "note", "text": "a", "seen": "3", "csrf": "x"}
    assert key_of(form, "ann") == key_of({**form, "csrf": "y"}, "ann")
    others = [key_of({**form, "seen": "4"}, "ann"), key_of({**form, "text": "b"}, "ann"), key_of(form, "bob")]
    assert len({key_of(form, "ann"), *others}) == 4


@pytest.mark.parametrize(("text", "seen"), [("7", 7), ("", None), ("-1", None), ("9" * 50, None)])
def test_what_was_seen_is_a_number_or_nothing(text: str, seen: int | None) -> None:
    assert seen_of({"seen": text}) == seen
