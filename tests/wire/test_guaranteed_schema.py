import json
from collections.abc import Mapping

import pytest
from anthropic import transform_schema

from mainstay.wire.guaranteed_schema import BOUNDS, OPEN_OBJECTS, fitted

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
