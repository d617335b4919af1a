import msgspec

from mainstay.config.json_schema import json_schema
from mainstay.config.schema import File, WorkloadSection


def test_the_schema_describes_every_section_and_closes_them() -> None:
    schema = msgspec.json.decode(json_schema())
    assert schema["$ref"] == "#/$defs/File"
    assert tuple(schema["$defs"]["File"]["properties"]) == File.__struct_fields__
    assert tuple(schema["$defs"]["WorkloadSection"]["properties"]) == WorkloadSection.__struct_fields__
    assert all(part["additionalProperties"] is False for part in schema["$defs"].values())


def test_the_schema_is_the_same_text_each_time() -> None:
    assert json_schema() == json_schema()


def test_an_optional_key_is_optional_and_never_null() -> None:
    timeouts = msgspec.json.decode(json_schema())["$defs"]["TimeoutsSection"]
    assert timeouts["required"] == []
    assert timeouts["properties"]["connect_seconds"]["type"] == "number"
