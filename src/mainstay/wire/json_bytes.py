"""JSON that comes from outside: what may go wrong, and edits that leave every other byte alone."""

import re
from collections.abc import Mapping

import msgspec

BAD_JSON = (ValueError, RecursionError)
"""What decoding foreign bytes may raise: malformed or mistyped JSON, bad UTF-8, nesting beyond the recursion limit."""

Fields = dict[str, msgspec.Raw]
"""The members of a JSON object in order, each value still the bytes that came."""

ABSENT = msgspec.Raw()
"""Stands in a typed reading for a member that did not come."""

_NULL = msgspec.Raw(b"null")

FIELDS = msgspec.json.Decoder(Fields)
ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
TEXT = msgspec.json.Decoder(str)
INTEGER = msgspec.json.Decoder(int)

_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_MODEL_MEMBER = re.compile(rb'"model"[ \t\r\n]*:[ \t\r\n]*(' + _STRING + rb")")
_TOKEN = re.compile(_STRING + rb"|[{}\[\]:,]")
_QUOTE = 0x22


class _Named(msgspec.Struct):
    model: str


_NAMED = msgspec.json.Decoder(_Named)


def raw(value: object) -> msgspec.Raw:
    """The JSON of a value, ready to stand among other members."""
    return msgspec.Raw(msgspec.json.encode(value))


def is_given(value: msgspec.Raw) -> bool:
    """Whether a member came and says something."""
    return bool(value) and value != _NULL


def is_string(value: msgspec.Raw) -> bool:
    """Whether a member is a string. `Raw` has none of the methods of bytes, whatever its type stubs say."""
    return bytes(memoryview(value)[:1]) == b'"'


def read_fields(value: bytes | msgspec.Raw) -> Fields | None:
    """The members of an object, or `None` where the bytes are something else."""
    try:
        return FIELDS.decode(value)
    except BAD_JSON:
        return None


def read_text(value: msgspec.Raw | None) -> str:
    """The string that these bytes are, or `""` where they are something else."""
    try:
        return TEXT.decode(value) if value is not None else ""
    except BAD_JSON:
        return ""


def read_integer(value: msgspec.Raw | None) -> int | None:
    """The integer that these bytes are, or `None` where they are something else."""
    try:
        return INTEGER.decode(value) if value is not None else None
    except BAD_JSON:
        return None


def is_object(value: str | bytes | msgspec.Raw) -> bool:
    """Whether this is one complete JSON object."""
    try:
        FIELDS.decode(value)
    except BAD_JSON:
        return False
    return True


def replace_fields(body: bytes | msgspec.Raw, changes: Mapping[str, msgspec.Raw | None]) -> bytes:
    """The object with these members put in place of the old ones (or added), or taken out where `None`.

    The other members keep their values' bytes and their order. Raises `ValueError` when `body` is not an object.
    """
    fields = FIELDS.decode(body)
    for name, value in changes.items():
        if value is None:
            fields.pop(name, None)
        else:
            fields[name] = value
    return msgspec.json.encode(fields)


def replace_model(body: bytes, new_model: str) -> bytes:
    """The object with its top-level `model` renamed and no other byte touched.

    Of several such members the last counts, as it does for every reader. A body without one comes back as it is.
    """
    old_model = _model_of(body)
    if old_model is None or old_model == new_model:
        return body
    name = msgspec.json.encode(new_model)
    # Nearly always the first or the last `"model":` in the bytes is the right one, and decoding proves it: the
    # top-level model can only have become the new name if the bytes replaced were exactly its value.
    for found in (_MODEL_MEMBER.search(body), _MODEL_MEMBER.search(body, max(0, body.rfind(b'"model"')))):
        if found is not None:
            edited = body[: found.start(1)] + name + body[found.end(1) :]
            if _model_of(edited) == new_model:
                return edited
    start, end = _model_span(body)
    return body[:start] + name + body[end:]


def _model_of(body: bytes) -> str | None:
    try:
        return _NAMED.decode(body).model
    except BAD_JSON:
        return None


def _model_span(body: bytes) -> tuple[int, int]:
    """Where the value of the last top-level `model` stands, by walking over every token. There is one."""
    depth = 0
    before = key = b""
    span = (0, 0)
    for token in _TOKEN.finditer(body):
        mark = body[token.start()]
        if mark == _QUOTE:
            before = token.group()
            if depth == 1 and _is_model(key):
                span = token.span()
        elif mark in b"{[":
            depth += 1
            key = b""
        elif mark in b"}]":
            depth -= 1
            key = b""
        else:
            key = before if mark == ord(b":") else b""
    return span


def _is_model(key: bytes) -> bool:
    return key == b'"model"' or (b"\\" in key and TEXT.decode(key) == "model")
