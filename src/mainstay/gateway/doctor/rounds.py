"""Whom the doctor sees, and what it asks them: each pair of upstream and model once with each credential, however many
models name it."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from mainstay.config.snapshot import WILDCARD, Snapshot
from mainstay.gateway.doctor.question import PATHS, Question
from mainstay.gateway.doctor.trial import Subject
from mainstay.model.catalogue import Candidate, Menu

CALLERS: Final = tuple(PATHS)
SPOKEN_DEFAULT: Final = "openai-chat"
"""What callers are taken to speak where no candidate speaks a dialect of theirs."""


class Wanted(msgspec.Struct, frozen=True):
    """What the doctor is asked to look at. Without models or workloads: all of them. Each trial may take `seconds`."""

    models: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()
    thorough: bool = False
    seconds: float = 30.0


class Patient(msgspec.Struct, frozen=True):
    """One subject with its questions, in the order in which they are asked. `listing`: it is asked for its models
    first, for it stands for every name."""

    subject: Subject
    questions: tuple[Question, ...]
    listing: bool = False


def menus_of(snapshot: Snapshot, wanted: Wanted) -> dict[str, tuple[Menu, ...]] | str:
    """By model the menus of all wanted workloads; or in words which wish cannot be met."""
    models = tuple(dict.fromkeys(wanted.models)) or tuple(snapshot.models)
    workloads = tuple(dict.fromkeys(wanted.workloads)) or tuple(snapshot.workloads)
    for workload in workloads:
        if workload not in snapshot.workloads:
            return f"no workload {workload!r} in the configuration; it has {', '.join(snapshot.workloads)}"
    found: dict[str, tuple[Menu, ...]] = {}
    for model in models:
        raw = [snapshot.menus.get((model, one)) for one in workloads]
        menus = tuple(menu or snapshot.menu(model, one) for menu, one in zip(raw, workloads, strict=True))
        known = tuple(menu for menu in menus if menu is not None)
        if not known:
            names = ", ".join(snapshot.model_names) or "any that a provider has"
            return f"no model {model!r} in the configuration; it has {names}"
        found[model] = known
    return found


def candidates_of(menus: Iterable[Menu]) -> tuple[Candidate, ...]:
    """Those that any of these workloads may use, each pair of upstream and model once, in order of preference."""
    found: dict[tuple[str, str], Candidate] = {}
    for menu in menus:
        for one in menu.candidates:
            found.setdefault((one.upstream.name, one.model), one)
    return tuple(found.values())


def is_passed_through(candidate: Candidate) -> bool:
    """Whether it serves callers of its own dialect alone, under any name."""
    return candidate.passes_through or candidate.model == WILDCARD


def rounds(
    menus: Mapping[str, tuple[Menu, ...]], heard: Mapping[str, tuple[str, ...]], wanted: Wanted
) -> tuple[Patient, ...]:
    """All patients. `heard` are by model the dialects that its callers spoke lately."""
    subjects: dict[tuple[str, str, str], Subject] = {}
    questions: dict[tuple[str, str, str], dict[Question, None]] = {}
    for model, its in menus.items():
        candidates = candidates_of(its)
        spoken = _spoken(candidates, heard.get(model, ()))
        for candidate in candidates:
            for credential in candidate.upstream.credentials or (None,):
                subject = Subject(candidate, credential)
                subjects.setdefault(subject.key, subject)
                asked = dict.fromkeys(_questions(candidate, spoken, thorough=wanted.thorough))
                questions.setdefault(subject.key, {}).update(asked)
    return tuple(
        Patient(subject, tuple(questions[key]), listing=subject.candidate.model == WILDCARD)
        for key, subject in subjects.items()
    )


def _spoken(candidates: tuple[Candidate, ...], heard: tuple[str, ...]) -> tuple[str, ...]:
    """What callers of a model speak: the dialect of its first choice, for they were written for it, and what was heard
    of them."""
    usual = next((one.upstream.dialect for one in candidates if one.upstream.dialect in PATHS), SPOKEN_DEFAULT)
    return tuple(dict.fromkeys((usual, *(one for one in heard if one in PATHS))))


def _questions(candidate: Candidate, spoken: tuple[str, ...], *, thorough: bool) -> tuple[Question, ...]:
    dialect = candidate.upstream.dialect
    if is_passed_through(candidate):
        spoken = (dialect,) if dialect in PATHS else ()
    if not spoken:
        return ()
    own = dialect if dialect in PATHS else spoken[0]
    asked = [Question(own)]
    asked += [Question(one, stream=True) for one in spoken if one != dialect]
    if thorough:
        callers = spoken if is_passed_through(candidate) else (own, *CALLERS)
        tool = candidate.capabilities.tools is not False
        asked += [Question(one, stream, tool) for one in dict.fromkeys(callers) for stream in (False, True)]
    return tuple(asked)
