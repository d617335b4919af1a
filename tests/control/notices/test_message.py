"""What goes out, in words."""

import msgspec

from mainstay.control.notices.message import message_of
from tests.ops.notices.notes import BEGAN_AT, notice

MESSAGE = message_of(notice(), "msg-1", BEGAN_AT, is_escalation=False)


def test_a_headline_says_how_grave_it_is() -> None:
    assert MESSAGE.headline == "[CRITICAL] anthropic is down"


def test_an_escalation_says_that_nobody_has_acted() -> None:
    escalated = message_of(notice(), "msg-1", BEGAN_AT, is_escalation=True)
    assert escalated.headline == "[CRITICAL] Nobody has acted yet: anthropic is down"


def test_the_body_names_incident_and_instant() -> None:
    assert MESSAGE.body == "Nothing answers.\n\nIncident INC-1\nMainstay, 1970-01-12T13:46:40Z"
    assert msgspec.structs.replace(MESSAGE, incident="", text="").body == "Mainstay, 1970-01-12T13:46:40Z"


def test_programs_read_json() -> None:
    assert msgspec.json.decode(MESSAGE.payload()) == {
        "type": "notice",
        "timestamp": "1970-01-12T13:46:40Z",
        "data": {
            "key": "incident/INC-1",
            "severity": "critical",
            "title": "anthropic is down",
            "text": "Nothing answers.",
            "incident": "INC-1",
            "is_escalation": False,
        },
    }
