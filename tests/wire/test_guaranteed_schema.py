import json
from collections.abc import Mapping

import pytest
from anthropic import transform_schema

from mainstay.wire.guaranteed_schema import BOUNDS, OPEN_OBJECTS, fitted, may_be_strict

CLOSED = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}


def fit(schema: Mapping[str, object]) -> tuple[dict[str, object], list[str]]:
    losses: list[str] = []
    result = fitted(json.dumps(schema).encode(), losses.append)
    assert result is not None
    return json.loads(result), losses


def test_a_schema_that_fits_keeps_its_bytes() -> None:
    schema = json.dumps(CLOSED, indent=1).encode()
    losses: list[str] = []
    assert fitted(schema, losses.append) == schema
    assert losses == []


def test_objects_are_closed_wherever_they_stand() -> None:
    nested = {
        "type": "object",
        "properties": {"list": {"type": "array", "items": {"type": "object", "properties": {}}}},
        "$defs": {"a": {"properties": {}}},
        "anyOf": [{"type": ["object", "null"]}],
    }
    result, losses = fit(nested)
    assert losses == []
    assert json.dumps(result).count('"additionalProperties": false') == 4


def test_a_bound_moves_into_the_description() -> None:
    result, losses = fit({"type": "integer", "minimum": 1, "description": "A number."})
    assert losses == [BOUNDS]
    assert result == {"type": "integer", "description": 'A number.\n\n{"minimum":1}'}
    assert fit({"type": "integer", "minimum": 1})[0]["description"] == '{"minimum":1}'


@pytest.mark.parametrize(
    ("kept", "moved"),
    [({"format": "date"}, {"format": "credit-card"}), ({"minItems": 1}, {"minItems": 2}), ({"minItems": 0}, {"x": 1})],
)
def test_some_bounds_are_known(kept: dict[str, object], moved: dict[str, object]) -> None:
    assert fit({"type": "array", **kept}) == ({"type": "array", **kept}, [])
    assert fit({"type": "array", **moved})[1] == [BOUNDS]


@pytest.mark.parametrize("rest", [True, {"type": "integer"}])
def test_an_object_that_must_stay_open_is_a_loss(rest: object) -> None:
    result, losses = fit({"type": "object", "additionalProperties": rest})
    assert losses == [OPEN_OBJECTS]
    assert result == {"type": "object", "additionalProperties": False}


def test_one_of_is_any_of() -> None:
    assert fit({"oneOf": [{"type": "string"}]}) == ({"anyOf": [{"type": "string"}]}, [])


def test_a_property_may_have_the_name_of_a_keyword() -> None:
    schema = {"type": "object", "properties": {"minimum": {"type": "integer"}}, "additionalProperties": False}
    assert fit(schema) == (schema, [])


@pytest.mark.parametrize("schema", [b"[]", b"nonsense", b"true", b'{"a":' * 2000 + b"1" + b"}" * 2000])
def test_what_is_no_schema_is_none(schema: bytes) -> None:
    assert fitted(schema, lambda _: None) is None


def test_what_is_fitted_needs_no_more_fitting_by_the_sdk() -> None:
    wild = {
        "type": "object",
        "properties": {
            "n": {"type": "integer", "maximum": 5},
            "l": {"type": "array", "items": {"type": "string", "maxLength": 3}, "minItems": 2},
            "o": {"oneOf": [{"type": "object", "properties": {}}, {"const": 1}]},
            "r": {"$ref": "#/$defs/a"},
        },
        "required": ["n"],
        "$defs": {"a": {"enum": ["x", "y"]}},
    }
    result, _ = fit(wild)
    assert transform_schema(result) == result


def strict(schema: Mapping[str, object]) -> bool:
    return may_be_strict(json.dumps(schema).encode())


def around(inner: object, *, name: str = "a") -> Mapping[str, object]:
    """A closed object that requires its one property."""
    return {"type": "object", "properties": {name: inner}, "required": [name], "additionalProperties": False}


def test_strict_mode_takes_objects_that_are_closed_and_require_everything() -> None:
    assert strict(CLOSED)
    assert strict(around({"type": "array", "items": CLOSED}))
    assert strict(around({"type": ["string", "null"], "enum": ["x", None]}))
    assert strict({"type": "object", "properties": {}, "required": [], "additionalProperties": False})


@pytest.mark.parametrize(
    "change",
    [
        {"additionalProperties": True},
        {"additionalProperties": None},
        {"additionalProperties": 0},
        {"additionalProperties": {"type": "string"}},
        {"required": []},
        {"required": ["b"]},
        {"required": ["a", "b"]},
        {"required": None},
        {"required": {"a": 1}},
        {"required": ["a", 1]},
        {"required": [{}]},
        {"properties": {"a": {}, "b": {}}},
        {"properties": None},
        {"properties": 7},
    ],
    ids=str,
)
def test_strict_mode_refuses_every_other_object(change: dict[str, object]) -> None:
    assert not strict(CLOSED | change)


@pytest.mark.parametrize("missing", ["required", "additionalProperties"])
def test_strict_mode_takes_nothing_for_granted(missing: str) -> None:
    assert not strict({name: value for name, value in CLOSED.items() if name != missing})


OPEN: dict[str, object] = {"type": "object"}


@pytest.mark.parametrize(
    "schema",
    [
        OPEN,
        {"type": ["object", "null"]},
        {"properties": {}},
        around(OPEN),
        around({"type": "array", "items": OPEN}),
        around({"anyOf": [{"type": "null"}, OPEN]}),
        CLOSED | {"$defs": {"a": OPEN}},
        CLOSED | {"definitions": {"a": OPEN}},
        *(around(OPEN, name=name) for name in ("enum", "const", "default", "examples", "required")),
    ],
    ids=str,
)
def test_strict_mode_looks_at_objects_wherever_they_stand(schema: Mapping[str, object]) -> None:
    assert not strict(schema)


@pytest.mark.parametrize("member", ["enum", "const", "default", "examples"])
def test_values_are_no_schemas(member: str) -> None:
    assert strict(around({"type": "string", member: [OPEN]}))


@pytest.mark.parametrize("name", ["properties", "type", "required", "items", "additionalProperties"])
def test_strict_mode_takes_a_property_with_the_name_of_a_keyword(name: str) -> None:
    assert strict(around({"type": "string"}, name=name))


@pytest.mark.parametrize("schema", [b"[]", b"nonsense", b"true", b'{"a":' * 2000 + b"1" + b"}" * 2000])
def test_strict_mode_takes_no_other_bytes(schema: bytes) -> None:
    assert not may_be_strict(schema)
