"""From what trials showed to checks of credential, model, answers and translation, in words that say what to do."""

from collections.abc import Sequence
from typing import Final

from mainstay.gateway.doctor.findings import Check, Outcome, check
from mainstay.gateway.doctor.trial import Seen, Subject
from mainstay.model.fault import Fault, FaultKind

COME_FIRST: Final = {
    FaultKind.AUTH: "the credential comes first",
    FaultKind.BILLING: "the credential comes first",
    FaultKind.MODEL_GONE: "the model comes first",
    FaultKind.THROTTLE: "it is throttled now: see the quota",
}
"""What another check tells of."""
LET_IN: Final = frozenset({FaultKind.MODEL_GONE, FaultKind.THROTTLE, FaultKind.CONTEXT})
"""Faults that a provider tells of those alone whose credential it has accepted."""
NO_TOKEN: Final = "no_living_token"  # noqa: S105 - a fault's code
MESSAGE_CHARACTERS_MAX: Final = 200


def credential_check(subject: Subject, first: Seen, why_dead: str) -> Check:
    """Whether the credential is accepted, by the trial that came first. `why_dead` is why no token lives behind it."""
    credential, fault = subject.credential, first.fault
    name = credential.name if credential else "a request without one"
    where = f"upstreams.{subject.candidate.upstream.name}.credentials"
    if fault is None:
        return check("credential", "ok", f"{name} is accepted" if credential else "none is needed")
    if fault.code == NO_TOKEN:
        return check("credential", "failed", f"{name} gives no living token: {why_dead or 'its service is silent'}")
    if fault.kind is FaultKind.AUTH:
        advice = f"check or replace the key under {where}" if credential else f"name one under {where}"
        return check("credential", "failed", f"{name} is refused ({told(fault)}): {advice}")
    if fault.kind is FaultKind.BILLING:
        return check("credential", "failed", f"{name} has no money or quota left ({told(fault)}): see its account")
    if fault.kind in LET_IN:
        return check("credential", "ok", f"{name} is accepted")
    return check("credential", "unknown", "cannot be told without an answer")


def model_check(subject: Subject, first: Seen, *, listing: bool) -> Check:
    """Whether the upstream has the model. One that passes names through is not to blame for names of others."""
    fault, candidate = first.fault, subject.candidate
    if fault is not None and fault.kind is FaultKind.MODEL_GONE:
        if candidate.passes_through:
            return check("model", "unknown", f"does not know {candidate.model!r}, which was passed through to it")
        advice = "correct the candidate's model, or ask the provider for access"
        return check("model", "failed", f"does not know {candidate.model!r} ({told(fault)}): {advice}")
    if listing:
        return check("model", "unknown", "names pass through: name one with --model NAME")
    if fault is None:
        return check("model", "ok", f"{candidate.model} is there")
    return check("model", "unknown", "cannot be told without an answer")


def answers_check(subject: Subject, own: Sequence[Seen], seconds: float) -> Check:
    """Whether it answers; `own` are the trial that came first and those in its own dialect, each of which might take
    `seconds`."""
    bad = next((one for one in own if not one.is_good), None)
    if bad is None:
        took = own[0].first_content_seconds
        forms = ", ".join(dict.fromkeys(one.question.words for one in own))
        return check("answers", "ok", f"{forms}, in {took:.2f} s" if took is not None else forms)
    if bad.fault is None:
        return check("answers", "failed", f"{bad.question.words}: {bad.problem}")
    outcome, words = _of_fault(subject, bad.fault, seconds)
    form = "" if bad is own[0] else f"{bad.question.words}: "
    return check("answers", outcome, f"{form}{words}")


def translation_check(subject: Subject, crossings: Sequence[Seen], seconds: float) -> Check | None:
    """Whether callers of other dialects are answered, and what a translation leaves out; `None` where none was
    tried."""
    if not crossings:
        return None
    dialect = subject.candidate.upstream.dialect
    bad = next((one for one in crossings if not one.is_good), None)
    if bad is not None:
        words = bad.problem if bad.fault is None else _of_fault(subject, bad.fault, seconds)[1]
        return check("translation", "failed", f"{bad.question.dialect} to {dialect}, {bad.question.words}: {words}")
    lost = losses(crossings)
    ways = "; ".join(f"{caller} ({forms})" for caller, forms in _forms(crossings).items())
    without = f", without {', '.join(lost)}" if lost else ", nothing lost"
    return check("translation", "ok", f"{ways} to {dialect}{without}")


def losses(crossings: Sequence[Seen]) -> tuple[str, ...]:
    """What was left out of the requests."""
    return tuple(dict.fromkeys(loss for one in crossings for loss in one.losses))


def told(fault: Fault) -> str:
    """A fault in a few words. What a provider says may be long."""
    status = f"{fault.status} " if fault.status else ""
    return f"{status}{fault.message}"[:MESSAGE_CHARACTERS_MAX].strip()


def _forms(crossings: Sequence[Seen]) -> dict[str, str]:
    forms: dict[str, list[str]] = {}
    for one in crossings:
        forms.setdefault(one.question.dialect, []).append(one.question.words)
    return {dialect: ", ".join(words) for dialect, words in forms.items()}


def _of_fault(subject: Subject, fault: Fault, seconds: float) -> tuple[Outcome, str]:
    """Why there was no answer, and what to do about it. What another check tells is only named here."""
    upstream = subject.candidate.upstream
    first = COME_FIRST.get(fault.kind)
    if first is not None:
        return "unknown", first
    if fault.kind is FaultKind.NO_CANDIDATE:
        return "unknown", f"it is not asked ({told(fault)})"
    match fault.kind:
        case FaultKind.DEADLINE:
            words = f"no answer within {seconds:g} s: see the provider, or raise --seconds for a slow model"
        case FaultKind.STALL:
            words = f"no answer, {fault.message}: see the provider, or raise its timeouts for a slow model"
        case FaultKind.CONNECT:
            words = f"no connection ({told(fault)}): check base_url {upstream.base_url}, its name, firewall and proxy"
        case FaultKind.OVERLOAD | FaultKind.SERVER | FaultKind.TRANSIENT:
            words = f"the provider is in trouble ({told(fault)}): try again later"
        case FaultKind.MALFORMED:
            words = f"this is no answer of {upstream.dialect} ({told(fault)}): check base_url and dialect"
        case FaultKind.INTERNAL:
            words = f"a defect of Mainstay ({told(fault)}): please report it"
        case _:
            words = f"{fault.kind.value}: {told(fault)}"
    return "failed", words
