"""What playbooks do, done by the desks of the control plane."""

from collections.abc import Callable, Mapping
from typing import Final, Literal

from mainstay.config.secret import NoSecret, Secret
from mainstay.control.incidents.desk import Author, IncidentDesk, Terms
from mainstay.control.notices.webhook import Answer, Post, Webhook, post_webhook
from mainstay.control.playbooks.ports import EffectError
from mainstay.control.probes.prober import Prober
from mainstay.ledger.errors import LedgerError
from mainstay.model.components import component_of
from mainstay.model.incident import IncidentEvent, Opened
from mainstay.model.records import ProbeRecord, Record
from mainstay.ops.detection.detector import Standing
from mainstay.ops.incidents.state import IncidentState, Refused
from mainstay.ops.playbooks.facts import ComponentFact, Facts, IncidentFact, ProbeFact

VIA: Final = "playbook"
PROBES_KEPT: Final = 1_000
SHOWN_CHARACTERS_MAX: Final = 100
FIRST_CLIENT_ERROR: Final = 400
FIRST_SERVER_ERROR: Final = 500
TOO_MANY_REQUESTS: Final = 429

ResolveSecret = Callable[[str], Secret | NoSecret]
"""What a reference (`env:NAME`, `file:PATH`) points to."""


class IncidentEffects:
    """Incidents of playbooks. Implements `control.playbooks.ports.IncidentPort`."""

    def __init__(self, desk: IncidentDesk) -> None:
        self._desk = desk

    def open(self, opened: Opened, by: str, key: str) -> str:
        """Open one; its id. The same key gives the same incident."""
        try:
            return _allowed(self._desk.open(opened, Author(by, VIA), key)).id
        except LedgerError as error:
            raise EffectError(str(error)) from error

    def add(self, incident: str, event: IncidentEvent, by: str, key: str) -> None:
        """Add an event, unless one of this key is there."""
        try:
            _allowed(self._desk.add(incident, event, Author(by, VIA), Terms(key)))
        except LedgerError as error:
            raise EffectError(str(error)) from error


class ProbeEffects:
    """Probes of playbooks. Implements `control.playbooks.ports.ProbePort`."""

    def __init__(self, prober: Prober, wall: Callable[[], float]) -> None:
        """`wall` gives seconds since 1970."""
        self._prober = prober
        self._wall = wall

    def probe(self, component: str, timeout_seconds: float) -> ProbeFact:
        """Ask the component once."""
        if component_of(component) is None:
            raise EffectError(f"no component is called {component[:SHOWN_CHARACTERS_MAX]!r}", is_final=True)
        found = self._prober.by_hand(component, timeout_seconds)
        if isinstance(found, str):
            raise EffectError(found)
        return probe_fact(found)


class WebhookEffects:
    """Webhooks of playbooks. Implements `control.playbooks.ports.WebhookPort`."""

    def __init__(
        self,
        resolve: ResolveSecret,
        wall: Callable[[], float],
        post: Callable[[Webhook, Post, float], Answer] | None = None,
    ) -> None:
        """`resolve` looks up references; `wall` gives seconds since 1970; `post` sends."""
        self._resolve = resolve
        self._wall = wall
        self._post = post or (lambda webhook, message, seconds: post_webhook(webhook, message, seconds=seconds))

    def post(self, url: str, key: str, webhook_id: str, body: bytes, timeout_seconds: float) -> str:
        """Send a JSON body; what was answered, in a few words."""
        secret = Secret(self._resolved(key)) if key else None
        webhook = Webhook(self._resolved(url), secret)
        answer = self._post(webhook, Post(webhook_id, self._wall(), body), timeout_seconds)
        if not answer.trouble:
            return f"{answer.status} answered"
        refused = FIRST_CLIENT_ERROR <= answer.status < FIRST_SERVER_ERROR and answer.status != TOO_MANY_REQUESTS
        # Without an answer nobody knows whether it arrived: the receiver knows a repetition by its id.
        raise EffectError(answer.trouble, may_have_acted=answer.status == 0, is_final=refused)

    def _resolved(self, text: str) -> str:
        if not text.startswith(("env:", "file:")):
            return text
        found = self._resolve(text)
        if isinstance(found, NoSecret):
            raise EffectError(f"{text.partition(':')[0]}: {found.message}", is_final=True)
        return found.value


class KnownFacts:
    """What is known now. Implements `control.playbooks.ports.FactsPort`."""

    def __init__(
        self,
        standing: Callable[[], tuple[Standing, ...]],
        incidents: IncidentDesk,
        probes: Callable[[], Mapping[str, ProbeFact]],
    ) -> None:
        """`standing` and `probes` give what is known of components; neither raises nor blocks."""
        self._standing = standing
        self._incidents = incidents
        self._probes = probes

    def facts(self, incident: str) -> Facts:
        """All of it, and the incident of this id, if it is one."""
        components = {one.component: ComponentFact(one.state, one.since) for one in self._standing()}
        return Facts(components, dict(self._probes()), self._incident(incident) if incident else None)

    def _incident(self, name: str) -> IncidentFact | None:
        try:
            state = self._incidents.read(name)
        except LedgerError:
            return None
        return None if state is None else incident_fact(state)


def probe_fact(record: ProbeRecord) -> ProbeFact:
    """A probe as playbooks see it."""
    outcome: Literal["served", "failed", "no-sample"] = "no-sample"
    if record.outcome == "served":
        outcome = "served"
    elif record.outcome == "failed":
        outcome = "failed"
    words = f"{record.fault} ({record.status})" if record.fault else f"{record.seconds:.2f} s"
    return ProbeFact(record.at, outcome, words)


class ProbeMemory:
    """The last probe of every component, as it was recorded by whoever made it. May be used from any thread."""

    def __init__(self) -> None:
        self._facts: dict[str, ProbeFact] = {}

    def take(self, record: Record) -> None:
        """Learn from a record. Records of other kinds are let pass."""
        if isinstance(record, ProbeRecord):
            self._facts.pop(record.component, None)
            self._facts[record.component] = probe_fact(record)
            while len(self._facts) > PROBES_KEPT:
                del self._facts[next(iter(self._facts))]

    def facts(self) -> Mapping[str, ProbeFact]:
        """By names of components."""
        return dict(self._facts)


def incident_fact(state: IncidentState) -> IncidentFact:
    """An incident as playbooks see it."""
    return IncidentFact(
        state.id,
        state.title,
        state.status,
        state.impact,
        state.affected,
        state.source,
        cause=state.group,
        opened_at=state.opened_at,
    )


def _allowed(found: IncidentState | Refused) -> IncidentState:
    if isinstance(found, Refused):
        raise EffectError(found.words, is_final=True)
    return found
