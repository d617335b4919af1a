"""Records, samples and series for tests, with only what matters said."""

from mainstay.model.components import Component
from mainstay.model.evidence import Evidence, EvidenceClass
from mainstay.model.records import AttemptRecord, ExchangeRecord, ProbeRecord
from mainstay.model.settings import DetectionSettings
from mainstay.ops.detection.detector import LogicalModel, Topology, UpstreamPlace
from mainstay.ops.detection.sample import Sample
from mainstay.ops.detection.series import Series
from mainstay.ops.detection.watches import Watches

NOW = 1_750_000_200.0
"""The beginning of a minute, a third of an hour before its end."""
OPUS = Component("claude", "opus")
WHOLE = Component("claude")
SETTINGS = DetectionSettings()
TOPOLOGY = Topology(
    (
        UpstreamPlace("claude", ("opus", "haiku"), ("cloudflare",), has_login=True),
        UpstreamPlace("openai", ("gpt",), ("cloudflare",)),
    ),
    (LogicalModel("smart", (("claude", "opus"), ("openai", "gpt"))), LogicalModel("fast", (("claude", "haiku"),))),
)


def sample(
    at: float, kind: str = "", *, seconds: float = 1.0, aside: bool = False, tenant: str = "acme", who: str = "one"
) -> Sample:
    return Sample(at, kind, at - seconds, f"x{at}", "opus", tenant, who, aside=aside)


def probe(at: float, kind: str = "") -> Sample:
    return Sample(at, kind, at - 1, f"p{at}", is_probe=True)


def served_sample(at: float, first: float, rate: float | None = None) -> Sample:
    return Sample(at, "", at - 5, f"x{at}", "opus", "acme", "one", first, rate)


def series(component: Component = OPUS) -> Series:
    return Series(component)


def feed(into: Series, start: float, outcomes: str, step: float = 1.0, kind: str = "server") -> float:
    """Add samples, one every `step` seconds: `.` was served, `x` failed. The instant of the last one."""
    at = start
    for number, outcome in enumerate(outcomes):
        at = start + number * step
        into.add(sample(at, kind if outcome == "x" else ""))
    return at


def attempt(at: float, fault: str = "", blame: str = "", **more: object) -> AttemptRecord:
    outcome = "served" if not fault else "failed" if blame == "provider" else "no-sample"
    fields = {
        "id": f"a{at}", "at": at, "exchange": f"x{at}", "number": 1, "upstream": "claude", "model": "opus",
        "credential": "one", "dialect": "anthropic", "chosen": "first", "outcome": outcome, "fault": fault,
        "blame": blame, "tenant": "acme",
    }  # fmt: skip
    return AttemptRecord(**{**fields, **more})  # type: ignore[arg-type]


def exchange(at: float, outcome: str = "answered", fault: str = "", model: str = "smart") -> ExchangeRecord:
    return ExchangeRecord(
        f"x{at}",
        at,
        "acme",
        "default",
        "anthropic",
        "answer",
        stream=True,
        model_asked=model,
        outcome=outcome,
        fault=fault,
    )


def probe_record(at: float, component: str, outcome: str = "served", fault: str = "", blame: str = "") -> ProbeRecord:
    return ProbeRecord(f"p{at}", at, component, outcome, 0.5, fault=fault, blame=blame)


def said(
    component: Component,
    at: float = NOW,
    kind: EvidenceClass = "page",
    *,
    is_bad: bool = True,
    source: str = "https://page",
) -> Evidence:
    return Evidence(kind, component.name, at, is_bad, f"the {kind} says so", "status", 2.0, source=source)


def watches() -> Watches:
    return Watches(TOPOLOGY)
