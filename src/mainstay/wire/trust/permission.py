"""What a token lets its bearer do: which models, which workload."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from mainstay.model.fault import Fault
from mainstay.model.identity import Identity
from mainstay.wire.trust.refusals import forbidden

DEFAULT_WORKLOAD: Final = "default"
DECISIONS_REMEMBERED: Final = 4_096
_NAMES_SHOWN_MAX: Final = 20
_MODEL_CHARACTERS_MAX: Final = 200


def permits(identity: Identity, model: str, workload_asked: str) -> Fault | None:
    """Why this bearer may not ask for this model or workload; `None` where it may.

    `workload_asked` is what the request names; empty or `default` where it names none.
    """
    if identity.workload and workload_asked not in {"", DEFAULT_WORKLOAD, identity.workload}:
        return forbidden(
            "workload_not_allowed",
            f"This token is bound to the workload {identity.workload}. Name it in x-mainstay-workload, or none.",
        )
    if not may_use(identity, model):
        shown = ", ".join(identity.models[:_NAMES_SHOWN_MAX])
        return forbidden("model_not_allowed", f"This token may not use that model. It may use: {shown}")
    return None


def may_use(identity: Identity, model: str) -> bool:
    """Whether this bearer may use a model. A token that names no models may use all."""
    return not identity.models or (len(model) <= _MODEL_CHARACTERS_MAX and _matches_any(identity.models, model))


def workload_of(identity: Identity, asked: str) -> str:
    """The workload under which a request runs: the token's, else the one that it asks for, else `default`."""
    return identity.workload or asked or DEFAULT_WORKLOAD


@lru_cache(maxsize=DECISIONS_REMEMBERED)
def _matches_any(patterns: tuple[str, ...], model: str) -> bool:
    return any(_matches(pattern.split("*"), model) for pattern in patterns)


def _matches(literals: list[str], text: str) -> bool:
    """Whether the text is these literals in their order, with anything between them. Never goes back, so that no
    pattern makes it slow: each literal is taken where it stands first, the last one at the end."""
    if len(literals) == 1:
        return text == literals[0]
    first, *middle, last = literals
    if not text.startswith(first):
        return False
    position = _behind(text, len(first), middle)
    return position is not None and len(text) - position >= len(last) and text.endswith(last)


def _behind(text: str, position: int, literals: Iterable[str]) -> int | None:
    """Where the text goes on behind the last of these literals."""
    for literal in literals:
        found = text.find(literal, position)
        if found < 0:
            return None
        position = found + len(literal)
    return position
