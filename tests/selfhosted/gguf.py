"""Writes a file in the GGUF format, version 3: what llama.cpp reads models from.

Layout, all little-endian: magic, version, counts, key-value pairs, a description of each tensor, and then, aligned, the
numbers of each tensor. Source: the format's public description in the repository of ggml.
"""

import struct
from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

MAGIC = b"GGUF"
VERSION = 3
ALIGNMENT_BYTES = 32
FLOAT32 = 0
"""The kind of a tensor whose numbers are 32-bit floats."""

_TYPE_UINT32, _TYPE_INT32, _TYPE_FLOAT32, _TYPE_BOOL, _TYPE_STRING, _TYPE_ARRAY = 4, 5, 6, 7, 8, 9

Value = bool | int | float | str | Sequence[int] | Sequence[float] | Sequence[str]


class Tensor(msgspec.Struct, frozen=True):
    """A tensor of 32-bit floats; the first dimension is the one whose numbers stand side by side."""

    name: str
    dimensions: tuple[int, ...]
    numbers: "array[float]"


def write_gguf(file: Path, values: Mapping[str, Value], tensors: Sequence[Tensor]) -> None:
    """Write the file. Raises `OSError`, and `AssertionError` for a tensor whose numbers do not fit its dimensions."""
    with file.open("wb") as output:
        output.write(MAGIC + struct.pack("<IQQ", VERSION, len(tensors), len(values)))
        for name, value in values.items():
            output.write(_text(name) + _typed(value))
        at = 0
        for tensor in tensors:
            output.write(_description(tensor, at))
            at += _padded(4 * len(tensor.numbers))
        output.write(bytes(_padded(output.tell()) - output.tell()))
        for tensor in tensors:
            data = tensor.numbers.tobytes()
            output.write(data + bytes(_padded(len(data)) - len(data)))


def _description(tensor: Tensor, at: int) -> bytes:
    count = len(tensor.dimensions)
    shape = struct.pack(f"<I{count}Q", count, *tensor.dimensions)
    return _text(tensor.name) + shape + struct.pack("<IQ", FLOAT32, at)


def _padded(size: int) -> int:
    return -(-size // ALIGNMENT_BYTES) * ALIGNMENT_BYTES


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _typed(value: Value) -> bytes:
    """Whole numbers in lists are signed, others are not: so llama.cpp expects them."""
    if isinstance(value, str):
        return struct.pack("<I", _TYPE_STRING) + _text(value)
    if isinstance(value, bool):
        return struct.pack("<I?", _TYPE_BOOL, value)
    if isinstance(value, int):
        return struct.pack("<II", _TYPE_UINT32, value)
    if isinstance(value, float):
        return struct.pack("<If", _TYPE_FLOAT32, value)
    items = [_item(one) for one in value]
    head = struct.pack("<IIQ", _TYPE_ARRAY, items[0][0], len(items))
    return head + b"".join(data for _, data in items)


def _item(value: str | float) -> tuple[int, bytes]:
    if isinstance(value, str):
        return _TYPE_STRING, _text(value)
    if isinstance(value, int):
        return _TYPE_INT32, struct.pack("<i", value)
    return _TYPE_FLOAT32, struct.pack("<f", value)
