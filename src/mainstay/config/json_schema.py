"""The JSON Schema of `mainstay.yaml`, made from the structs that check it, so that editors can complete the file."""

import msgspec

from mainstay.config.schema import File


def json_schema() -> bytes:
    """The schema as indented JSON text (JSON Schema 2020-12), the same bytes each time."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mainstay.yaml",
        **msgspec.json.schema(File),
    }
    return msgspec.json.format(msgspec.json.encode(schema), indent=2)
