"""Refusing a request that we cannot read, in words that name the field and say what to do."""

import re
from functools import lru_cache

from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Headers
from mainstay.wire.headers import REMEMBERED_HEADERS, header

BAD_REQUEST, NOT_FOUND = 400, 404

_AT_FIELD = re.compile(r"^(?P<problem>.*) - at `\$\.?(?P<field>[^`]*)`$")
_MISSING = re.compile(r"^Object missing required field `(?P<field>[^`]*)`")


def refusal(field: str, problem: str) -> Fault:
    """The fault of one field."""
    return Fault(FaultKind.REQUEST, f"{field}: {problem}", BAD_REQUEST, "invalid_request_error")


def unreadable(error: Exception) -> Fault:
    """The fault of a body that does not decode. Raises nothing; takes what decoding raised."""
    if isinstance(error, RecursionError):
        return refusal("body", "the JSON is nested too deeply. Send it with fewer levels.")
    text = str(error)
    missing = _MISSING.match(text)
    if missing:
        return refusal(missing["field"], "this field is required. Add it.")
    at_field = _AT_FIELD.match(text)
    if at_field:
        return refusal(at_field["field"], f"{at_field['problem'].replace('`', '')}. Send the right type.")
    if text.startswith("Expected"):
        return refusal("body", "a JSON object is expected. Send one.")
    return refusal("body", f"this is not valid JSON ({text}). Send a JSON object in UTF-8.")


def unknown_path(path: str) -> Fault:
    """The fault of a path that this dialect does not have."""
    return Fault(FaultKind.REQUEST, f"There is nothing at {path[:200]}.", NOT_FOUND, "not_found_error")


@lru_cache(maxsize=REMEMBERED_HEADERS)
def refused_encoding(headers: Headers) -> Fault | None:
    """The fault of a compressed body, which the gateway could not read."""
    encoding = header(headers, "content-encoding")
    if encoding is None or encoding.strip().lower() in {"", "identity"}:
        return None
    problem = f"the encoding {encoding[:40]!r} is not supported. Send the body uncompressed."
    return Fault(FaultKind.REQUEST, f"content-encoding: {problem}", BAD_REQUEST, "request_body_encoding_unsupported")
