"""A value that fits a JSON Schema: arguments of tool calls and structured answers, made from a seed."""

import msgspec

from mainstay.lab.provider.prose import Dice, prose

DEPTH_MAX = 8
"""Deeper parts of a schema are left empty."""

Scalar = str | int | float | bool | None
Json = Scalar | list["Json"] | dict[str, "Json"]


class Schema(msgspec.Struct, frozen=True):
    """The part of JSON Schema that is heeded."""

    type: str | list[str] = ""
    properties: "dict[str, Schema | bool]" = {}
    required: list[str] = []
    items: "Schema | bool | None" = None
    enum: list[Scalar] = []
    const: Scalar | msgspec.UnsetType = msgspec.UNSET
    minimum: float | None = None
    any_of: "list[Schema | bool]" = msgspec.field(default_factory=list, name="anyOf")


def sample(schema: "Schema | bool | None", seed: str, depth: int = 0) -> Json:
    """A value of the schema; the same seed gives the same value. Every property is filled in."""
    if not isinstance(schema, Schema) or depth > DEPTH_MAX:
        return {}
    if schema.const is not msgspec.UNSET:
        return schema.const
    if schema.enum:
        return schema.enum[Dice(seed).below(len(schema.enum))]
    if schema.any_of:
        return sample(schema.any_of[0], seed, depth + 1)
    return _by_type(schema, seed, depth)


def _by_type(schema: Schema, seed: str, depth: int) -> Json:
    name = schema.type if isinstance(schema.type, str) else next(iter(schema.type), "")
    match name or ("object" if schema.properties else "string"):
        case "object":
            properties = schema.properties or dict.fromkeys(schema.required, True)
            return {key: sample(part, f"{seed}/{key}", depth + 1) for key, part in properties.items()}
        case "array":
            return [sample(schema.items, f"{seed}/{index}", depth + 1) for index in range(2)]
        case scalar:
            return _scalar(scalar, schema.minimum or 0, Dice(seed), seed)


def _scalar(name: str, minimum: float, dice: Dice, seed: str) -> Scalar:
    match name:
        case "integer":
            return int(minimum) + dice.below(100)
        case "number":
            return minimum + dice.below(1000) / 10
        case "boolean":
            return dice.below(2) == 1
        case "null":
            return None
        case _:
            return prose(seed, 3).rstrip(".")
