"""The check for meaning of conditions in playbooks."""

from collections.abc import Iterator
from typing import Protocol, TypeVar

from msgspec import UNSET

from mainstay.config.build_playbooks import is_clause
from mainstay.config.check_playbook_names import Names, component_mistakes
from mainstay.config.mistake import Mistake, child_path, nearest_hint
from mainstay.config.playbook_schema import ClauseSection, ConditionSection

SUBJECTS = ("component", "incident", "impact_min", "step")
_OF_COMPONENT = ("states", "for_seconds", "probe")

Item = TypeVar("Item")


class Places(Protocol):
    """Knows which index an item had in the file, and which items could not be read (`config.shape.Shaped`)."""

    @property
    def left_out(self) -> frozenset[str]:
        """Paths of items that could not be read."""

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """What was malformed."""

    def items(self, path: str, values: tuple[Item, ...]) -> Iterator[tuple[str, Item]]:
        """The items of the list at `path` with the paths they have in the file."""


def condition_mistakes(
    where: str, part: ConditionSection, names: Names, ids: tuple[str, ...] | None, places: Places
) -> Iterator[Mistake]:
    """Mistakes of a condition. `ids` are those of the playbook's steps; `None` where not all are known."""
    if is_clause(part):
        yield from _clause_mistakes(where, part, names, ids)
    elif not part.every and not part.some:
        yield Mistake(where, f"says nothing; it needs one of {', '.join(SUBJECTS)}, every, some")
    for name, clauses in (("every", part.every), ("some", part.some)):
        for path, clause in places.items(child_path(where, name), clauses):
            if not is_clause(clause):
                yield Mistake(path, f"says nothing; it needs one of {', '.join(SUBJECTS)}")
            else:
                yield from _clause_mistakes(path, clause, names, ids)


def _clause_mistakes(where: str, part: ClauseSection, names: Names, ids: tuple[str, ...] | None) -> Iterator[Mistake]:
    about = [name for name in SUBJECTS if getattr(part, name) is not UNSET]
    if len(about) != 1:
        yield Mistake(where, f"needs exactly one of {', '.join(SUBJECTS)}; several things go under `every` or `some`")
        return
    if part.component is not UNSET:
        yield from component_mistakes(child_path(where, "component"), part.component, names)
        if (part.states is UNSET) == (part.probe is UNSET):
            yield Mistake(where, "needs one of `states` and `probe` for its component")
    for name in _OF_COMPONENT:
        if getattr(part, name) is not UNSET and part.component is UNSET:
            yield Mistake(child_path(where, name), "belongs to `component`")
    if part.for_seconds is not UNSET and part.probe is not UNSET:
        yield Mistake(child_path(where, "for_seconds"), "belongs to `states`, not to `probe`")
    if (part.step is UNSET) != (part.outcomes is UNSET):
        yield Mistake(where, "needs `step` and `outcomes` together")
    elif part.step is not UNSET and ids is not None and part.step not in ids:
        yield Mistake(child_path(where, "step"), f"is not the id of a step{nearest_hint(part.step, ids)}")
