"""Patterns of components: their names, in each part of which `*` may stand for anything."""

import re
from functools import lru_cache
from typing import Final

from mainstay.model.components import Component, component_of

ANYTHING: Final = "*"


def matches(pattern: str, name: str) -> bool:
    """Whether the component of this name is meant. `*` alone is every one; `upstream:*` are providers as a whole,
    `upstream:*/*` their models, `upstream:*#login` their logins."""
    if pattern in {ANYTHING, name}:
        return True
    wanted, found = component_of(pattern), component_of(name)
    if wanted is None or found is None or wanted.part != found.part:
        return False
    return _is_like(wanted.upstream, found.upstream) and _is_like(wanted.model, found.model)


def is_like(pattern: str, text: str) -> bool:
    """Whether the text is as the pattern says, in which `*` stands for any number of characters."""
    return _expression(pattern).fullmatch(text) is not None


def part_of(name: str) -> Component:
    """The component of a name; nothing but the gateway itself for one that is no component's."""
    return component_of(name) or Component()


def _is_like(pattern: str, text: str) -> bool:
    # Where a component has no model (or no upstream) it is another kind of component, which `*` does not mean.
    return bool(pattern) == bool(text) and is_like(pattern, text)


@lru_cache(maxsize=1_000)
def _expression(pattern: str) -> re.Pattern[str]:
    # Several stars in a row are one: more of them would only cost time.
    return re.compile(".*".join(re.escape(part) for part in re.split(r"\*+", pattern)), re.DOTALL)
