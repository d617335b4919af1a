"""JSON Schemas of a guaranteed form, fitted to what a provider can guarantee.

Claude's providers close every object and know no bounds on numbers, lengths or counts. A closed object is narrower than
an open one, so that the answer still satisfies the caller's schema; a bound moves into the description, where the model
reads it. OpenAI's strict mode takes only schemas that are closed and require everything.
Source: the public page on structured outputs, and what the SDK itself does to schemas.
"""

from collections.abc import Callable

import msgspec

from mainstay.wire.json_bytes import BAD_JSON

BOUNDS = "bounds in the schema"
OPEN_OBJECTS = "open objects in the schema"

_SCHEMAS_BY_NAME = ("properties", "$defs", "definitions")
_SCHEMAS_IN_LISTS = ("anyOf", "allOf")
_VALUES = ("type", "enum", "const", "$ref", "title", "description", "default", "required", "items")
_COMMENTS = ("$schema", "$id", "$comment")
_KEPT = frozenset((*_SCHEMAS_BY_NAME, *_SCHEMAS_IN_LISTS, *_VALUES, *_COMMENTS, "additionalProperties"))
_FORMATS = frozenset(("date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"))
_FEWEST_ITEMS = (0, 1)
_LITERALS = frozenset(("enum", "const", "default", "examples", "required"))
"""Members whose values are no schemas."""

Schema = dict[str, object]
_SCHEMA = msgspec.json.Decoder(Schema)


def fitted(schema: bytes, lose: Callable[[str], None]) -> bytes | None:
    """The schema as the API takes it (its very bytes where nothing needs fitting), or `None` where it is no object.
    `lose` is told what the API cannot hold the model to."""
    try:
        read = _SCHEMA.decode(schema)
        fitting = _fit(read, lose)
    except BAD_JSON:
        return None
    return schema if fitting == read else msgspec.json.encode(fitting)


def may_be_strict(schema: bytes) -> bool:
    """Whether OpenAI's strict mode takes this schema: every object is closed and requires all its properties. Strict
    mode refuses any other with 400."""
    try:
        return _is_strict(_SCHEMA.decode(schema))
    except BAD_JSON:
        return False


def _is_strict(value: object) -> bool:
    if isinstance(value, list):
        return all(_is_strict(one) for one in value)
    if not isinstance(value, dict):
        return True
    if _is_object(value) and not _is_closed(value):
        return False
    return all(
        # Names of properties may be any words, those of JSON Schema among them.
        _is_strict(list(one.values()) if name in _SCHEMAS_BY_NAME and isinstance(one, dict) else one)
        for name, one in value.items()
        if name not in _LITERALS
    )


def _is_closed(schema: Schema) -> bool:
    """Whether an object knows no properties but its own and requires every one of them."""
    properties, required = schema.get("properties"), schema.get("required")
    if schema.get("additionalProperties") is not False or not isinstance(required, list):
        return False
    names = set(properties) if isinstance(properties, dict) else set()
    return all(isinstance(name, str) for name in required) and set(required) == names


def _fit(schema: Schema, lose: Callable[[str], None]) -> Schema:
    fitting: Schema = {}
    bounds: Schema = {}
    for name, value in schema.items():
        if name == "oneOf" and "anyOf" not in schema:
            fitting["anyOf"] = _fit_list(value, lose)
        elif _is_kept(name, value):
            fitting[name] = _fit_member(name, value, lose)
        else:
            bounds[name] = value
    if bounds:
        lose(BOUNDS)
        fitting["description"] = _with_bounds(schema.get("description"), bounds)
    if _is_object(schema):
        if schema.get("additionalProperties") not in (None, False):
            lose(OPEN_OBJECTS)
        fitting["additionalProperties"] = False
    return fitting


def _is_kept(name: str, value: object) -> bool:
    if name == "format":
        return value in _FORMATS
    if name == "minItems":
        return value in _FEWEST_ITEMS
    return name in _KEPT


def _fit_member(name: str, value: object, lose: Callable[[str], None]) -> object:
    if name in _SCHEMAS_BY_NAME and isinstance(value, dict):
        return {key: _fit_one(one, lose) for key, one in value.items()}
    if name in _SCHEMAS_IN_LISTS:
        return _fit_list(value, lose)
    return _fit_one(value, lose) if name == "items" else value


def _fit_list(value: object, lose: Callable[[str], None]) -> object:
    return [_fit_one(one, lose) for one in value] if isinstance(value, list) else value


def _fit_one(value: object, lose: Callable[[str], None]) -> object:
    return _fit(value, lose) if isinstance(value, dict) else value


def _is_object(schema: Schema) -> bool:
    kind = schema.get("type")
    return kind == "object" or (isinstance(kind, list) and "object" in kind) or "properties" in schema


def _with_bounds(description: object, bounds: Schema) -> str:
    told = msgspec.json.encode(bounds).decode()
    return f"{description}\n\n{told}" if isinstance(description, str) and description else told
