"""The check for meaning of playbooks: every mistake at once, each with its path."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

import msgspec
from msgspec import UNSET

from mainstay.config.check_playbook_actions import action_mistakes, action_names, actions_in
from mainstay.config.check_playbook_conditions import Places, condition_mistakes
from mainstay.config.check_playbook_names import Names, below, text_mistakes
from mainstay.config.check_playbook_triggers import trigger_mistakes
from mainstay.config.mistake import Mistake, child_path, nearest_hint
from mainstay.config.playbook_schema import READY_PLAYBOOKS, PlaybookEntry, PlaybookSection, StepSection
from mainstay.model.playbook import FAILURE_WORDS, START_STEP

TALKS: Final = frozenset({"wait", "approve"})
"""Actions that have no effect: nothing to try again, to verify or to undo."""
FAR_REACHING: Final = frozenset({"pin", "forbid", "critical-only", "read-only"})
"""Orders that may turn work away."""


class _Book(msgspec.Struct, frozen=True):
    """The playbook that is checked, and what is known around it. `ids` is `None` where a step of it could not be read:
    then nobody knows all ids."""

    part: PlaybookSection
    path: str
    places: Places
    names: Names
    ids: tuple[str, ...] | None


def playbook_mistakes(entries: Mapping[str, PlaybookEntry], places: Places, names: Names) -> Iterator[Mistake]:
    """Every mistake in the section `playbooks`. Where something is malformed, what it is part of is not blamed for
    lacking it."""
    malformed = tuple(mistake.path for mistake in places.mistakes)
    for mistake in _all_mistakes(entries, places, names):
        if not any(
            path == mistake.path or path.startswith((f"{mistake.path}.", f"{mistake.path}[")) for path in malformed
        ):
            yield mistake


def _all_mistakes(entries: Mapping[str, PlaybookEntry], places: Places, names: Names) -> Iterator[Mistake]:
    for name, entry in entries.items():
        path = child_path("playbooks", name)
        if isinstance(entry, PlaybookSection):
            yield from _mistakes(entry, path, places, names)
        elif name not in READY_PLAYBOOKS:
            yield Mistake(path, f"is no playbook that comes with the product{nearest_hint(name, READY_PLAYBOOKS)}")


def playbook_warnings(entries: Mapping[str, PlaybookEntry], places: Places) -> Iterator[Mistake]:
    """What may be meant as it stands but deserves a second look."""
    for name, entry in entries.items():
        if isinstance(entry, PlaybookSection) and entry.mode == "automatic" and entry.triggers:
            steps = below("playbooks", name, "steps")
            yield from _unapproved(places.items(steps, entry.steps))


def playbook_references(entries: Mapping[str, PlaybookEntry], places: Places) -> Iterator[tuple[str, str]]:
    """References to secrets in them, with their paths."""
    for name, entry in entries.items():
        if not isinstance(entry, PlaybookSection):
            continue
        for where, step in places.items(below("playbooks", name, "steps"), entry.steps):
            for path, part in actions_in(where, step):
                if part.webhook is UNSET:
                    continue
                if part.webhook.url.startswith(("env:", "file:")):
                    yield below(path, "webhook", "url"), part.webhook.url
                if part.webhook.key is not UNSET:
                    yield below(path, "webhook", "key"), part.webhook.key


def _mistakes(part: PlaybookSection, path: str, places: Places, names: Names) -> Iterator[Mistake]:
    steps = child_path(path, "steps")
    is_whole = not any(one.startswith(f"{steps}[") for one in places.left_out)
    book = _Book(part, path, places, names, tuple(one.id for one in part.steps) if is_whole else None)
    for where, trigger in places.items(child_path(path, "triggers"), part.triggers):
        yield from trigger_mistakes(where, trigger, names)
    seen: set[str] = set()
    for where, step in places.items(steps, part.steps):
        yield from _step_mistakes(where, step, book, seen)
        seen.add(step.id)


def _step_mistakes(where: str, step: StepSection, book: _Book, seen: Collection[str]) -> Iterator[Mistake]:
    if step.id in seen:
        yield Mistake(child_path(where, "id"), "is the id of an earlier step")
    elif step.id in (*FAILURE_WORDS, START_STEP):
        yield Mistake(child_path(where, "id"), f"is a word of its own here; choose another than {step.id}")
    for path, part in actions_in(where, step):
        yield from action_mistakes(path, part, book.names, _orders_before(book, step))
    for name in ("title", "idempotency_key"):
        yield from text_mistakes(child_path(where, name), getattr(step, name))
    for name, condition in (("when", step.when), ("verify", step.verify)):
        if condition is not UNSET:
            path = child_path(where, name)
            yield from condition_mistakes(path, condition, book.names, book.ids, book.places)
    if step.wait is not UNSET and step.wait.until is not UNSET:
        path = below(where, "wait", "until")
        yield from condition_mistakes(path, step.wait.until, book.names, book.ids, book.places)
    yield from _jump_mistakes(where, step, book.ids, seen)
    yield from _how_mistakes(where, step, book.part.expires_seconds)


def _orders_before(book: _Book, step: StepSection) -> frozenset[str] | None:
    """Ids of steps that give orders; `None` where not all steps could be read."""
    steps = f"{child_path(book.path, 'steps')}["
    if any(mistake.path.startswith(steps) for mistake in book.places.mistakes):
        return None
    return frozenset(one.id for one in book.part.steps if one.order is not UNSET and one.id != step.id)


def _jump_mistakes(
    where: str, step: StepSection, ids: tuple[str, ...] | None, seen: Collection[str]
) -> Iterator[Mistake]:
    path, target = child_path(where, "on_failure"), step.on_failure
    if target in FAILURE_WORDS or ids is None:
        return
    if target not in ids:
        known = (*FAILURE_WORDS, *ids)
        yield Mistake(path, f"is neither stop, continue, undo nor the id of a step{nearest_hint(target, known)}")
    elif (target in seen or target == step.id) and not step.jumps_max:
        yield Mistake(path, f"goes back to {target}, perhaps for ever; name a later step, or bound it with `jumps_max`")


def _how_mistakes(where: str, step: StepSection, expires_seconds: float) -> Iterator[Mistake]:
    """Of keys that do not belong to the action."""
    talk = next((name for name in action_names(step) if name in TALKS), "")
    if talk:
        for name in ("verify", "undo"):
            if getattr(step, name) is not UNSET:
                yield Mistake(child_path(where, name), f"does not belong to `{talk}`, which has no effect")
        if step.attempts > 1:
            yield Mistake(child_path(where, "attempts"), f"does not belong to `{talk}`; give it more time instead")
    if talk == "approve" and step.timeout_seconds is not UNSET:
        yield Mistake(child_path(where, "timeout_seconds"), "does not belong to `approve`, which has `expires_seconds`")
    lasting = {
        "timeout_seconds": step.timeout_seconds,
        "approve.expires_seconds": UNSET if step.approve is UNSET else step.approve.expires_seconds,
        "wait.seconds": UNSET if step.wait is UNSET else step.wait.seconds,
    }
    for name, seconds in lasting.items():
        if seconds is not UNSET and seconds > expires_seconds:
            message = f"is longer than a run may last, which is {expires_seconds:g} s; see `expires_seconds`"
            yield Mistake(below(where, *name.split(".")), message)
    if step.undo is not UNSET and any(name in TALKS for name in action_names(step.undo)):
        yield Mistake(child_path(where, "undo"), "must do something; it cannot wait or ask")


def _unapproved(steps: Iterator[tuple[str, StepSection]]) -> Iterator[Mistake]:
    for where, step in steps:
        if step.approve is not UNSET:
            return
        for name in ("publish", "webhook"):
            if getattr(step, name) is not UNSET:
                yield Mistake(
                    child_path(where, name), "cannot be taken back, and nobody is asked before: see `approve`"
                )
        if step.order is not UNSET and step.order.kind in FAR_REACHING:
            message = f"may turn work away ({step.order.kind}), and nobody is asked before: see `approve`"
            yield Mistake(child_path(where, "order"), message)
