"""What Google refuses of a request that is well-formed. Sources: the guides on function calling, thinking and thought
signatures of the Gemini API."""

import base64
import binascii
import re

from mainstay.lab.provider.ask import Claim, Problem
from mainstay.lab.provider.gemini_body import Body, BodyPart, Content

SIGNATURE_PREFIX = "lab-gemini-"
"""A signature is, in base64, this, the mark of its maker, a hyphen and something unique."""
ANY_SIGNATURE = "skip_thought_signature_validator"
"""What is accepted on calls that another model made."""

STOP_SEQUENCES_MAX = 5
_OLD = re.compile(r"gemini-[12](?:\.|-|$)")
_IMAGE_TYPES = frozenset(("image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"))
_FUNCTION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")


def is_old(model: str) -> bool:
    """Whether the model is of the first two generations, which do not insist on signatures."""
    return _OLD.match(model) is not None


def problem_in(body: Body, model: str) -> Problem | None:
    """The first thing that is wrong."""
    if not body.contents:
        return _wrong("contents is not specified")
    for index, content in enumerate(body.contents):
        problem = _problem_in_content(content, f"contents[{index}]")
        if problem:
            return _wrong(problem)
    problem = _unanswered(body.contents) or _problem_in_parameters(body)
    if problem:
        return _wrong(problem)
    return None if is_old(model) else _unsigned(body.contents)


def claims(body: Body) -> list[Claim]:
    """The signatures that come back: only who made them takes them."""
    signatures = [part.thought_signature for content in body.contents for part in content.parts]
    corrupted = _wrong("Corrupted thought signature.")
    return [Claim(_signer(signature), corrupted) for signature in signatures if signature not in ("", ANY_SIGNATURE)]


def _wrong(message: str) -> Problem:
    return Problem(f"* GenerateContentRequest.{message}" if message.startswith("contents") else message)


def _problem_in_content(content: Content, where: str) -> str:
    if content.role not in ("user", "model"):
        return "Please use a valid role: user, model."
    if not content.parts:
        return f"{where}.parts: must not be empty."
    for index, part in enumerate(content.parts):
        if part.kinds != 1:
            return f"{where}.parts[{index}].data: required oneof field 'data' must have one initialized field"
        if part.text == "" and not part.thought_signature:
            return f"{where}.parts[{index}]: Unable to submit request because it must have a text parameter."
        if part.inline_data and part.inline_data.mime_type.startswith("image/") and not _is_image(part):
            return f"Unsupported MIME type: {part.inline_data.mime_type}"
    return ""


def _is_image(part: BodyPart) -> bool:
    return part.inline_data is not None and part.inline_data.mime_type in _IMAGE_TYPES


def _unanswered(contents: list[Content]) -> str:
    """Calls and results must stand side by side, as many of the one as of the other."""
    called: list[str] = []
    for content in contents:
        given = [part.function_response.name for part in content.parts if part.function_response]
        if given and len(given) != len(content.parts):
            return "Please ensure that function response turns hold nothing but function response parts."
        if sorted(given) != sorted(called):
            return (
                "Please ensure that the number of function response parts is equal to the number of function call "
                "parts of the function call turn."
            )
        called = [part.function_call.name for part in content.parts if part.function_call]
    return ""


def _problem_in_parameters(body: Body) -> str:
    config = body.generation_config
    if len(config.stop_sequences) > STOP_SEQUENCES_MAX:
        return f"Only up to {STOP_SEQUENCES_MAX} stop sequences are allowed."
    if config.thinking_config.thinking_budget is not None and config.thinking_config.thinking_level:
        return "You can only set only one of thinking budget and thinking level."
    bad = next((function.name for function in body.functions if not _FUNCTION_NAME.fullmatch(function.name)), None)
    return "" if bad is None else f"Invalid function name: {bad}"


def _unsigned(contents: list[Content]) -> Problem | None:
    """In the turn that goes on, the first call of every step must be signed."""
    asked = [index for index, content in enumerate(contents) if content.role == "user" and _is_question(content)]
    for content in contents[asked[-1] if asked else 0 :]:
        calls = [part for part in content.parts if part.function_call]
        if calls and not calls[0].thought_signature:
            return Problem("Function call is missing a thought_signature in functionCall parts.")
    return None


def _is_question(content: Content) -> bool:
    return any(part.function_response is None for part in content.parts)


def _signer(signature: str) -> str:
    try:
        told = base64.b64decode(signature, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    own = told.removeprefix(SIGNATURE_PREFIX)
    return own.partition("-")[0] if own != told else ""
