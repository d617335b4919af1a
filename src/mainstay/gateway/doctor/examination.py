"""The examination: all patients at once, a few at a time; each asked one question after the other."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from mainstay.gateway.doctor.diagnosis import answers_check, credential_check, losses, model_check, translation_check
from mainstay.gateway.doctor.findings import Check
from mainstay.gateway.doctor.rounds import Patient
from mainstay.gateway.doctor.trial import Room, Seen, ask
from mainstay.model.fault import Fault
from mainstay.model.rates import Told

AT_ONCE_MAX: Final = 8

WhyDead = Callable[[str, str], str]
"""Why no token lives behind this credential of this upstream; empty where one does."""


class Examined(msgspec.Struct, frozen=True):
    """What was seen of one patient, as far as it is the same for every model that names it."""

    patient: Patient
    checks: tuple[Check, ...]
    fault: Fault | None
    """Of the trial that came first."""
    told: Told | None
    losses: tuple[str, ...]
    first_content_seconds: float | None


async def examine(room: Room, patients: Sequence[Patient], why_dead: WhyDead) -> tuple[Examined, ...]:
    """Examine them, in their order. Raises nothing but `CancelledError`."""
    places = asyncio.Semaphore(AT_ONCE_MAX)

    async def one(patient: Patient) -> Examined:
        async with places:
            return _examined(room, patient, await _trials(room, patient), why_dead)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(patient)) for patient in patients]
    return tuple(task.result() for task in tasks)


async def _trials(room: Room, patient: Patient) -> list[Seen]:
    """One after the other. Whoever gives no answer to the first question is not asked the others."""
    seen: list[Seen] = []
    for question in patient.questions:
        seen.append(await ask(room, patient.subject, question, listing=patient.listing))
        if patient.listing or not seen[0].is_good:
            break
    return seen


def _examined(room: Room, patient: Patient, seen: list[Seen], why_dead: WhyDead) -> Examined:
    subject = patient.subject
    if not seen:
        words = "names pass through to callers of its own dialect, which callers of Mainstay do not speak"
        return Examined(patient, (Check("model", "unknown", words),), None, None, (), None)
    dialect = subject.candidate.upstream.dialect
    upstream, _, credential = subject.key
    crossings = [one for one in seen if one.question.dialect != dialect]
    own = [one for one in seen if one is seen[0] or one.question.dialect == dialect]
    is_proven = seen[0].is_good
    checks = [
        credential_check(subject, seen[0], why_dead(upstream, credential)),
        model_check(subject, seen[0], listing=patient.listing),
        answers_check(subject, own, room.seconds),
    ]
    translated = translation_check(subject, crossings, room.seconds) if is_proven else None
    if translated is not None:
        checks.append(translated)
    told = next((one.told for one in reversed(seen) if one.told is not None), None)
    return Examined(patient, tuple(checks), seen[0].fault, told, losses(crossings), seen[0].first_content_seconds)
