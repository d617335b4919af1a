import msgspec
import pytest

from mainstay.lab.provider.sample import DEPTH_MAX, Schema, sample


def of(schema: str) -> object:
    return sample(msgspec.json.decode(schema, type=Schema), "seed")


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ('{"type":"string"}', str),
        ('{"type":"integer"}', int),
        ('{"type":"number"}', float),
        ('{"type":"boolean"}', bool),
        ('{"type":"null"}', type(None)),
        ('{"type":["string","null"]}', str),
        ('{"anyOf":[{"type":"integer"},{"type":"null"}]}', int),
        ('{"type":"array","items":{"type":"string"}}', list),
        ("{}", str),
    ],
)
def test_the_value_has_the_type_of_the_schema(schema: str, kind: type) -> None:
    assert type(of(schema)) is kind


def test_an_object_has_every_property() -> None:
    value = of('{"properties":{"city":{"type":"string"},"unit":{"enum":["c","f"]},"any":true}}')
    assert isinstance(value, dict)
    assert list(value) == ["city", "unit", "any"]
    assert value["unit"] in ("c", "f")


def test_a_constant_and_a_minimum_are_heeded() -> None:
    assert of('{"const":"fixed"}') == "fixed"
    number = of('{"type":"integer","minimum":1000}')
    assert isinstance(number, int)
    assert number >= 1000


def test_the_same_seed_gives_the_same_value() -> None:
    schema = '{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}}}'
    assert of(schema) == of(schema)


def test_a_schema_that_is_too_deep_ends_empty() -> None:
    schema = Schema(type="string")
    for _ in range(DEPTH_MAX + 5):
        schema = Schema(type="object", properties={"inner": schema})
    value = sample(schema, "seed")
    for _ in range(DEPTH_MAX + 1):
        assert isinstance(value, dict)
        value = value["inner"]
    assert value == {}
