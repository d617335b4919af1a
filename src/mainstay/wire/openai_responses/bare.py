"""A request without the reasoning of earlier turns, for a place that cannot read what another one sealed."""

import msgspec

from mainstay.wire.json_bytes import BAD_JSON, FIELDS, ITEMS, raw, replace_fields


class _Item(msgspec.Struct):
    type: str = ""


_ITEM = msgspec.json.Decoder(_Item)


def without_reasoning(body: bytes) -> bytes:
    """The request without reasoning items; the same bytes where there is none."""
    try:
        items = ITEMS.decode(FIELDS.decode(body)["input"])
    except (*BAD_JSON, KeyError):
        return body
    kept = [item for item in items if not _is_reasoning(item)]
    return body if len(kept) == len(items) else replace_fields(body, {"input": raw(kept)})


def _is_reasoning(item: msgspec.Raw) -> bool:
    try:
        return _ITEM.decode(item).type == "reasoning"
    except BAD_JSON:
        return False
