import msgspec
import pytest

from mainstay.gateway.status import Part, live, ready, troubles, upstream_states
from mainstay.ledger.writing.status import JournalStatus
from mainstay.model.http import Reply

WELL = JournalStatus(written=9)
UP = {"anthropic": "closed", "openai": "closed"}


def body(reply: Reply) -> dict[str, object]:
    assert dict(reply.headers)["content-type"] == "application/json"
    return msgspec.json.decode(reply.body, type=dict[str, object])


def test_alive_is_alive() -> None:
    assert live().status == 200
    assert body(live()) == {"status": "ok"}


def test_all_is_well() -> None:
    reply = ready(version="1.2.3", draining=False, journal=WELL, upstreams=UP)
    assert reply.status == 200
    assert body(reply) == {
        "status": "ready",
        "version": "1.2.3",
        "journal": {
            "trouble": None,
            "pending": 0,
            "written": 9,
            "dropped": 0,
            "full": False,
            "chain": "",
            "sequence": 0,
            "shipped_sequence": 0,
            "bytes": 0,
        },
        "upstreams": UP,
    }


@pytest.mark.parametrize(
    ("journal", "upstreams"),
    [
        (JournalStatus(trouble="disk is full", pending=3), UP),
        (JournalStatus(dropped=1), UP),
        (WELL, {**UP, "openai": "open"}),
        (WELL, {**UP, "openai": "half-open"}),
        (WELL, dict.fromkeys(UP, "open")),
    ],
    ids=["journal in trouble", "records lost", "one open", "one half-open", "all open"],
)
def test_trouble_is_said_but_traffic_stays_welcome(journal: JournalStatus, upstreams: dict[str, str]) -> None:
    reply = ready(version="1", draining=False, journal=journal, upstreams=upstreams)
    assert reply.status == 200
    assert body(reply)["status"] == "degraded"
    assert body(reply)["upstreams"] == upstreams


@pytest.mark.parametrize("journal", [WELL, JournalStatus(trouble="disk is full")])
def test_only_draining_turns_traffic_away(journal: JournalStatus) -> None:
    reply = ready(version="1", draining=True, journal=journal, upstreams=UP)
    assert reply.status == 503
    assert body(reply)["status"] == "draining"


def test_nobody_may_cache_these_answers() -> None:
    for reply in (live(), ready(version="1", draining=False, journal=WELL, upstreams={})):
        assert dict(reply.headers)["cache-control"] == "no-store"


def test_an_upstream_is_as_well_as_its_worst_breaker() -> None:
    breakers = {
        ("a", "m", "main"): "closed",
        ("a", "m", "spare"): "open",
        ("a", "n", "main"): "half-open",
        ("b", "m", "main"): "half-open",
        ("removed", "m", "main"): "open",
    }
    assert upstream_states(["a", "b", "c"], breakers) == {"a": "open", "b": "half-open", "c": "closed"}


def test_a_state_that_is_unknown_here_is_worse_than_open() -> None:
    assert upstream_states(["a"], {("a", "m", ""): "open", ("a", "n", ""): "melted"}) == {"a": "melted"}


def test_each_part_stands_under_its_name_and_its_trouble_makes_the_gateway_degraded() -> None:
    well, ill = Part("bus", {"peers": 2}), Part("shared", {"calls": 9}, "unreachable", is_own=False)
    assert body(ready(version="1", draining=False, journal=WELL, upstreams=UP, parts=[well]))["status"] == "ready"
    told = body(ready(version="1", draining=False, journal=WELL, upstreams=UP, parts=[well, ill]))
    assert (told["status"], told["bus"], told["shared"]) == ("degraded", {"peers": 2}, {"calls": 9})
    assert "troubles" not in told


def test_the_gateways_own_troubles_are_told_in_words() -> None:
    parts = [Part("drafts", {}, "disk full"), Part("credentials", {}, "dead", is_own=False)]
    assert troubles(JournalStatus(trouble="locked", full=True), parts) == [
        "journal: locked",
        "journal: full, for the store does not take it",
        "drafts: disk full",
    ]
    told = body(ready(version="1", draining=False, journal=JournalStatus(full=True), upstreams=UP, parts=()))
    assert (told["status"], told["troubles"]) == ("degraded", ["journal: full, for the store does not take it"])


def test_who_is_not_known_is_told_only_whether_traffic_is_welcome() -> None:
    reply = ready(version="1", draining=True, journal=WELL, upstreams=UP, parts=[Part("bus", 1)], is_known=False)
    assert (reply.status, body(reply)) == (503, {"status": "draining", "version": "1"})
