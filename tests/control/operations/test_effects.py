"""What playbooks do reaches the desks."""

from collections.abc import Callable

import pytest

from mainstay.config.secret import NoSecret, Secret
from mainstay.control.book import Book
from mainstay.control.incidents.desk import Author, IncidentDesk
from mainstay.control.notices.webhook import Answer, Post, Webhook
from mainstay.control.operations.effects import IncidentEffects, KnownFacts, WebhookEffects
from mainstay.control.playbooks.ports import EffectError
from mainstay.model.incident import ComponentStatus, Impact, IncidentStatus, Moved, Noted, Opened
from mainstay.ops.detection.detector import Standing
from mainstay.ops.playbooks.facts import ProbeFact
from tests.control.memory_events import MemoryEvents

OPENED = Opened("The API fails", Impact.MAJOR, "playbook", 900.0)


@pytest.fixture
def events() -> MemoryEvents:
    return MemoryEvents()


@pytest.fixture
def desk(events: MemoryEvents) -> IncidentDesk:
    numbers = iter(range(1_000_000))
    return IncidentDesk(Book(lambda: events, lambda _: None), lambda: 1_000.0, lambda: f"id_{next(numbers)}")


def test_an_incident_is_opened_once_for_a_key(desk: IncidentDesk) -> None:
    effects = IncidentEffects(desk)
    assert effects.open(OPENED, "playbook RUN-1", "a key") == effects.open(OPENED, "playbook RUN-1", "a key") == "INC-1"


def test_an_event_is_written_once_for_a_key(desk: IncidentDesk) -> None:
    effects = IncidentEffects(desk)
    incident = effects.open(OPENED, "playbook RUN-1", "a key")
    for _ in range(2):
        effects.add(incident, Noted("it drains"), "playbook RUN-1", "another key")
    state = desk.read(incident)
    assert state is not None
    assert [entry.by for entry in state.timeline] == ["playbook RUN-1", "playbook RUN-1"]


def test_what_cannot_follow_is_refused_for_good(desk: IncidentDesk) -> None:
    effects = IncidentEffects(desk)
    incident = effects.open(OPENED, "playbook RUN-1", "a key")
    with pytest.raises(EffectError) as found:
        effects.add(incident, Moved(IncidentStatus.INVESTIGATING), "playbook RUN-1", "k")
    assert found.value.is_final


def test_a_store_that_does_not_answer_is_asked_again_later(desk: IncidentDesk, events: MemoryEvents) -> None:
    events.is_down = True
    with pytest.raises(EffectError) as found:
        IncidentEffects(desk).open(OPENED, "playbook RUN-1", "a key")
    assert not found.value.is_final


def webhooks(answer: Answer, sent: list[tuple[Webhook, Post]]) -> WebhookEffects:
    def resolve(reference: str) -> Secret | NoSecret:
        return Secret("https://hook.example/s3cret") if reference == "env:HOOK" else NoSecret("is not set")

    def post(webhook: Webhook, message: Post, seconds: float) -> Answer:
        assert seconds == 5.0
        sent.append((webhook, message))
        return answer

    return WebhookEffects(resolve, lambda: 7.0, post)


def test_a_webhook_carries_its_key_as_its_id() -> None:
    sent: list[tuple[Webhook, Post]] = []
    words = webhooks(Answer(204), sent).post("env:HOOK", "env:HOOK", "a key", b"{}", 5.0)
    ((webhook, post),) = sent
    assert words == "204 answered"
    assert (webhook.url, post.id, post.at, post.body) == ("https://hook.example/s3cret", "a key", 7.0, b"{}")
    assert webhook.key is not None


@pytest.mark.parametrize(
    ("answer", "may_have_acted", "is_final"),
    [
        (Answer(0, "no answer within 5 s"), True, False),
        (Answer(500, "500 was answered"), False, False),
        (Answer(429, "429 was answered"), False, False),
        (Answer(400, "400 was answered"), False, True),
    ],
)
def test_what_a_webhook_says_decides_what_follows(answer: Answer, may_have_acted: bool, is_final: bool) -> None:  # noqa: FBT001
    with pytest.raises(EffectError) as found:
        webhooks(answer, []).post("https://hook.example/", "", "a key", b"{}", 5.0)
    assert (found.value.may_have_acted, found.value.is_final) == (may_have_acted, is_final)


def test_a_reference_that_leads_nowhere_is_no_secret_told() -> None:
    with pytest.raises(EffectError, match="is not set") as found:
        webhooks(Answer(204), []).post("env:OTHER", "", "a key", b"{}", 5.0)
    assert found.value.is_final


def standing() -> tuple[Standing, ...]:
    return (Standing("upstream:alpha", "ill", 950.0, "all failed", ComponentStatus.MAJOR_OUTAGE, Impact.MAJOR),)


def known(desk: IncidentDesk, probes: Callable[[], dict[str, ProbeFact]] = dict) -> KnownFacts:
    return KnownFacts(standing, desk, probes)


def test_what_is_known_is_told(desk: IncidentDesk, events: MemoryEvents) -> None:
    desk.open(OPENED, Author("vera"))
    facts = known(desk, lambda: {"upstream:alpha": ProbeFact(990.0, "served")}).facts("INC-1")
    assert facts.components["upstream:alpha"].state == "ill"
    assert facts.probes["upstream:alpha"].outcome == "served"
    assert facts.incident is not None
    assert facts.incident.title == "The API fails"
    assert known(desk).facts("").incident is None
    events.is_down = True
    desk_of_another = IncidentDesk(Book(lambda: events, lambda _: None), lambda: 1_000.0, lambda: "x")
    assert known(desk_of_another).facts("INC-1").incident is None
