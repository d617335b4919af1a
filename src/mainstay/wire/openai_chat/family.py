"""What a model's name tells about the parameters that it takes.

OpenAI's own models refuse parameters that every other server of this protocol understands, and the other way round;
nothing but the name says which kind of model a target is. Source: OpenAI's public model pages and reference (reasoning
models take `max_completion_tokens`, no sampling and no stop sequences; levels of effort differ by generation).
"""

import re

import msgspec

from mainstay.model.conversation import Effort

_OPENAI = re.compile(r"(?:ft:)?(?:gpt-(?!oss)|o[134](?:-|$)|chatgpt)")
_GENERATION = re.compile(r"(?:ft:)?gpt-(\d+)(?:\.(\d+))?")
_O_SERIES = re.compile(r"(?:ft:)?o[134](?:-|$)")
_MISTRAL = re.compile(r"(?:open-)?(?:mistral|mixtral|ministral|magistral|codestral|devstral|pixtral|voxtral)")

_FIRST_REASONING_GENERATION = 5
_EFFORTS = (Effort.LOW, Effort.MEDIUM, Effort.HIGH)
_ANY_EFFORTS = (Effort.NONE, *_EFFORTS)
_WIDE_EFFORTS = (*_ANY_EFFORTS, Effort.XHIGH)


class Family(msgspec.Struct, frozen=True):
    """Kind of model. `reasons` means surely; `efforts` are the levels that it takes, from the lowest."""

    is_openai: bool = False
    is_mistral: bool = False
    is_o_series: bool = False
    reasons: bool = False
    efforts: tuple[Effort, ...] = _ANY_EFFORTS


def family_of(model: str) -> Family:
    """The family of a model; aggregators put the maker's name before it."""
    name = model.lower().rpartition("/")[2]
    if name.startswith("gpt-oss"):
        return Family(reasons=True, efforts=_EFFORTS)
    if _O_SERIES.match(name):
        return Family(is_openai=True, is_o_series=True, reasons=True, efforts=_EFFORTS)
    if not _OPENAI.match(name):
        return Family(is_mistral=_MISTRAL.match(name) is not None)
    efforts = _gpt_efforts(name)
    return Family(is_openai=True, reasons=bool(efforts), efforts=efforts or _EFFORTS)


def nearest_effort(wish: Effort, efforts: tuple[Effort, ...]) -> Effort:
    """The level that comes closest to a wish; of two equally close ones the higher."""
    ladder = list(Effort)
    place = ladder.index(wish)
    return min(efforts, key=lambda one: (abs(ladder.index(one) - place), -ladder.index(one)))


def _gpt_efforts(name: str) -> tuple[Effort, ...]:
    """Levels of effort of a `gpt-N.M`; none where it does not reason."""
    found = _GENERATION.match(name)
    if found is None or "-chat" in name:
        return ()
    generation, minor = int(found[1]), int(found[2] or 0)
    if generation < _FIRST_REASONING_GENERATION:
        return ()
    if generation == _FIRST_REASONING_GENERATION and minor == 0:
        return (Effort.MINIMAL, *_EFFORTS)
    return _ANY_EFFORTS if (generation, minor) == (_FIRST_REASONING_GENERATION, 1) else _WIDE_EFFORTS
