"""Incidents for programs."""

from collections.abc import Iterator

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from mainstay.control.people.people import Known
from mainstay.control.people.roles import Origin, Person, Role
from mainstay.control.web.answers import Answers
from mainstay.control.web.incident_api import IncidentApi
from mainstay.control.web.visit import STATE_KEY, Visit
from mainstay.model.incident import IncidentStatus, Moved
from tests.control.incidents.stand import ANN, ILL, Stand, done

OPENING = {
    "title": "Logins fail",
    "impact": "critical",
    "affected": [{"component": "upstream:anthropic#login", "status": "major_outage"}],
    "text": "We look into it.",
}


class Behind:
    """What the guard does: says who asks, and reads what was sent."""

    def __init__(self, app: ASGIApp, person: Person | None) -> None:
        self.app = app
        self.person = person

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive()).get("body", b"") if scope.get("method") == "POST" else b""
        known = None if self.person is None else Known(self.person)
        scope[STATE_KEY] = Visit(known, "", "127.0.0.1", {}, body)
        await self.app(scope, receive, send)


@pytest.fixture
def stand() -> Stand:
    return Stand()


@pytest.fixture
def client(stand: Stand) -> Iterator[TestClient]:
    api = IncidentApi(stand.desk(), Answers("1", has_provider=False), stand.wall)
    routes = [
        Route("/api/incidents", api.incidents, methods=["GET", "POST"]),
        Route("/api/incidents/{id}", api.incident),
        Route("/api/incidents/{id}/events", api.events, methods=["POST"]),
    ]
    person = Person("ann", Role.OPERATOR, Origin.KEY)
    with TestClient(Behind(Starlette(routes=routes), person)) as client:
        yield client


def ids(client: TestClient, query: str = "") -> list[str]:
    answer = client.get(f"/api/incidents{query}")
    assert answer.status_code == 200
    return [one["id"] for one in answer.json()["incidents"]]


def test_an_incident_is_opened_and_read(client: TestClient, stand: Stand) -> None:
    answer = client.post("/api/incidents", json=OPENING)
    assert answer.status_code == 201
    found = answer.json()
    assert (found["id"], found["title"], found["started_at"]) == ("INC-1", "Logins fail", stand.now)
    assert (found["impact"], found["source"], found["is_private"]) == ("critical", "hand", False)
    assert found["affected"] == OPENING["affected"]
    assert found["timeline"][0]["event"]["type"] == "opened"
    assert (found["timeline"][0]["by"], found["timeline"][0]["via"]) == ("ann", "key")
    assert client.get("/api/incidents/inc-1").json() == found


def test_the_same_key_opens_it_once(client: TestClient) -> None:
    first, second = (client.post("/api/incidents", json={**OPENING, "key": "a"}) for _ in range(2))
    assert first.json() == second.json()
    assert ids(client) == ["INC-1"]


def test_events_are_added(client: TestClient, stand: Stand) -> None:
    client.post("/api/incidents", json=OPENING)
    sent = {"event": {"type": "moved", "status": "identified", "text": "Their edge."}, "key": "k", "seen": 1}
    answers = [client.post("/api/incidents/INC-1/events", json=sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.json()["number"] for answer in answers] == [2, 2]
    late = {"event": {"type": "noted", "text": "first complaint"}, "at": stand.now - 60}
    assert client.post("/api/incidents/1/events", json=late).json()["timeline"][0]["words"] == "noted: first complaint"


def test_what_may_not_be_is_refused_with_advice(client: TestClient) -> None:
    client.post("/api/incidents", json=OPENING)
    client.post("/api/incidents/1/events", json={"event": {"type": "rated", "impact": "minor"}})
    sent = {"event": {"type": "rated", "impact": "none"}, "seen": 1}
    answer = client.post("/api/incidents/1/events", json=sent)
    assert answer.status_code == 409
    error = answer.json()["error"]
    assert error["code"] == "refused"
    assert error["message"].startswith("Ann was first at 2026-03-02 12:00:00 UTC: impact is minor. Look at INC-1 again")
    assert client.post("/api/incidents", json={"title": " "}).json()["error"]["message"] == (
        "The title is empty. Say in a few words what is wrong."
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"event": {"type": "vanished"}}',
        b'{"event": {"type": "posted", "text": 5}}',
        b'{"event": {"type": "posted", "text": "x"}, "more": 1}',
        b'{"event": {"type": "nagged", "clock": "scope", "due_at": 5}}',
        b'{"event": {"type": "took", "other": "INC-2"}}',
        b'{"event": {"type": "told", "number": 5}}',
        b'{"event": {"type": "opened", "title": "x", "impact": "minor", "source": "hand", "started_at": 5}}',
    ],
)
def test_what_cannot_be_read_is_said(client: TestClient, body: bytes) -> None:
    client.post("/api/incidents", json=OPENING)
    answer = client.post("/api/incidents/1/events", content=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")
    assert "docs/incidents.md" in answer.json()["error"]["message"]
    assert client.get("/api/incidents/1").json()["number"] == 1


def test_an_opening_that_cannot_be_read(client: TestClient) -> None:
    answer = client.post("/api/incidents", json={"title": "x", "impact": "x" * 9_999})
    assert answer.status_code == 400
    assert len(answer.content) < 600
    assert ids(client) == []


def test_what_is_not_there(client: TestClient) -> None:
    for answer in (
        client.get("/api/incidents/INC-9"),
        client.get("/api/incidents/nonsense"),
        client.post("/api/incidents/INC-9/events", json={"event": {"type": "posted", "text": "x"}}),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_lists(client: TestClient, stand: Stand) -> None:
    desk = stand.desk()
    for title in ("alpha", "beta", "gamma", "delta"):
        done(desk.open(stand.opened(title, ILL), ANN))
    done(desk.add("2", Moved(IncidentStatus.RESOLVED), ANN))
    assert ids(client) == ["INC-4", "INC-3", "INC-1"]
    assert ids(client, "?limit=1") == ["INC-4"]
    assert ids(client, "?all=1") == ["INC-4", "INC-3", "INC-2", "INC-1"]
    assert ids(client, "?all=0") == ["INC-4", "INC-3", "INC-1"]
    assert ids(client, "?limit=2&before=INC-3") == ["INC-2", "INC-1"]
    assert ids(client, "?search=beta+anthropic") == ["INC-2"]
    assert client.get("/api/incidents").json()["incidents"][0]["is_open"] is True


@pytest.mark.parametrize("limit", ["0", "201", "x", "-1", "9" * 50, "\u0667"])
def test_a_limit_that_is_none(client: TestClient, limit: str) -> None:
    answer = client.get("/api/incidents", params={"limit": limit})
    assert answer.status_code == 400
    assert "A limit is a whole number from 1 to 200" in answer.json()["error"]["message"]


def test_a_store_that_does_not_answer(client: TestClient, stand: Stand) -> None:
    client.post("/api/incidents", json=OPENING)
    stand.store.is_down = True
    for answer in (
        client.get("/api/incidents"),
        client.get("/api/incidents/1"),
        client.post("/api/incidents", json=OPENING),
        client.post("/api/incidents/1/events", json={"event": {"type": "posted", "text": "x"}}),
    ):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.json()["error"]["code"] == "store_down"


def test_nobody_writes_without_a_name(stand: Stand) -> None:
    api = IncidentApi(stand.desk(), Answers("1", has_provider=False), stand.wall)
    app = Starlette(routes=[Route("/api/incidents", api.incidents, methods=["POST"])])
    with TestClient(Behind(app, None)) as client, pytest.raises(TypeError):
        client.post("/api/incidents", content=msgspec.json.encode(OPENING))
    assert stand.desk().known() == ()
