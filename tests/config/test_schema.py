from collections.abc import Iterator

import msgspec
import pytest
from msgspec import inspect

from mainstay.config import schema
from mainstay.config.schema import File
from mainstay.model.catalogue import Priority, RecoveryMode, Retries, Timeouts


def structs(kind: inspect.Type) -> Iterator[inspect.StructType]:
    match kind:
        case inspect.StructType():
            yield kind
            for field in kind.fields:
                yield from structs(field.type)
        case inspect.Metadata():
            yield from structs(kind.type)
        case inspect.DictType():
            yield from structs(kind.value_type)
        case inspect.VarTupleType():
            yield from structs(kind.item_type)
        case inspect.UnionType():
            for item in kind.types:
                yield from structs(item)
        case _:
            pass


ALL = {part.cls.__name__: part for part in structs(inspect.type_info(File))}


def words(section: str, key: str) -> set[str]:
    kind = next(field.type for field in ALL[section].fields if field.encode_name == key)
    assert isinstance(kind, inspect.LiteralType)
    return {str(word) for word in kind.values}


def names(section: str) -> tuple[str, ...]:
    return tuple(field.encode_name for field in ALL[section].fields)


@pytest.mark.parametrize("section", ALL.values(), ids=ALL)
def test_unknown_keys_are_mistakes_everywhere(section: inspect.StructType) -> None:
    assert section.forbid_unknown_fields


@pytest.mark.parametrize("section", ALL.values(), ids=ALL)
def test_every_value_says_what_it_must_be(section: inspect.StructType) -> None:
    plain = (inspect.BoolType, inspect.LiteralType, inspect.StructType, inspect.UnionType, inspect.Metadata)
    assert [field.name for field in section.fields if not isinstance(field.type, plain)] == []


def test_the_words_of_the_file_are_those_of_the_model() -> None:
    assert words("WorkloadSection", "priority") == {item.value for item in Priority}
    assert words("WorkloadSection", "recovery") == {item.value for item in RecoveryMode}


def test_clocks_and_bounds_have_the_names_of_the_model() -> None:
    assert names("TimeoutsSection") == Timeouts.__struct_fields__
    assert names("RetriesSection") == Retries.__struct_fields__


def test_only_upstreams_and_models_are_required_of_a_file() -> None:
    assert [field.name for field in ALL["File"].fields if field.required] == ["upstreams", "models"]


@pytest.mark.parametrize("name", ["Name", "ModelName", "Region", "PriceKey", "TenantKey"])
def test_no_name_ends_with_a_line_break(name: str) -> None:
    decode = msgspec.json.Decoder(getattr(schema, name)).decode
    assert decode(b'"a"') == "a"
    with pytest.raises(msgspec.ValidationError):
        decode(b'"a\\n"')
