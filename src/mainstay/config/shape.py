"""The generic check: a plain tree against a struct type. Finds every mistake and builds what is sound.

Nothing here knows a key of the file. What a value must be is read from the type and its `description`.
"""

import math
import re
from collections.abc import Iterator
from itertools import count
from typing import Generic, TypeVar

import msgspec
from msgspec import inspect

from mainstay.config.mistake import Mistake, child_path, item_path, nearest_hint
from mainstay.config.yaml_text import Tree

Kind = TypeVar("Kind", bound=msgspec.Struct)
Item = TypeVar("Item")


class _Wrong(msgspec.Struct, frozen=True):
    """Stands for a value that was refused."""


_WRONG = _Wrong()


class Shaped(msgspec.Struct, Generic[Kind], frozen=True):
    """A value made of the sound parts of a tree, and every mistake in the rest.

    Refused optional parts have their defaults; refused entries of mappings and lists are left out, those of lists with
    their paths in `left_out`. `value` is `None` when the tree is no mapping at all.
    """

    value: Kind | None
    mistakes: tuple[Mistake, ...]
    left_out: frozenset[str] = frozenset()

    def items(self, path: str, values: tuple[Item, ...]) -> Iterator[tuple[str, Item]]:
        """The items of the list at `path` with the paths they have in the file."""
        paths = (item_path(path, index) for index in count())
        return zip((where for where in paths if where not in self.left_out), values, strict=False)


def shape(tree: Tree, kind: type[Kind]) -> Shaped[Kind]:
    """Check `tree` against `kind`; nothing is raised for any tree."""
    walker = _Walker()
    built = walker.build(tree, inspect.type_info(kind), "", "")
    return Shaped(built if isinstance(built, kind) else None, tuple(walker.mistakes), frozenset(walker.left_out))


class _Walker:
    """One walk; each method answers with the built value or `_WRONG` after noting the mistake."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []
        self.left_out: set[str] = set()

    def build(self, value: Tree, kind: inspect.Type, path: str, must_be: str) -> object:
        match kind:
            case inspect.Metadata():
                described = (kind.extra_json_schema or {}).get("description", "")
                return self.build(value, kind.type, path, str(described) or must_be)
            case inspect.StructType():
                return self._struct(value, kind, path)
            case inspect.DictType():
                return self._dict(value, kind, path, must_be)
            case inspect.VarTupleType():
                return self._tuple(value, kind, path, must_be)
            case inspect.UnionType():
                return self._union(value, kind, path)
            case _:
                return self._leaf(value, kind, path, must_be)

    def _leaf(self, value: Tree, kind: inspect.Type, path: str, must_be: str) -> object:
        if not _is_leaf(value, kind):
            return self._refuse(path, _leaf_message(value, kind, must_be))
        return float(value) if isinstance(kind, inspect.FloatType) and isinstance(value, int) else value

    def _refuse(self, path: str, message: str) -> _Wrong:
        self.mistakes.append(Mistake(path, message))
        return _WRONG

    def _struct(self, value: Tree, kind: inspect.StructType, path: str) -> object:
        fields = {field.encode_name: field for field in kind.fields}
        if not isinstance(value, dict):
            return self._refuse(
                path, f"must be a mapping with keys out of {', '.join(fields)}; it is {_word_for(value)}"
            )
        built: dict[str, object] = {}
        for key, item in value.items():
            where = child_path(path, key)
            if key not in fields:
                self._refuse(where, f"is not a known key{nearest_hint(key, fields)}")
                continue
            made = self.build(item, fields[key].type, where, "")
            if not isinstance(made, _Wrong):
                built[key] = made
        required = [name for name, field in fields.items() if field.required]
        for name in required:
            if name not in value:
                self._refuse(child_path(path, name), "is missing")
        if not path:
            # The file goes on without a whole section, so that the other sections are checked for meaning too.
            built = {name: {} for name in required} | built
        return kind.cls(**built) if all(name in built for name in required) else _WRONG

    def _dict(self, value: Tree, kind: inspect.DictType, path: str, must_be: str) -> object:
        if not isinstance(value, dict) or not _within(len(value), kind.min_length, kind.max_length):
            return self._refuse(path, _wrong_size(value, must_be))
        built: dict[str, object] = {}
        for key, item in value.items():
            where = child_path(path, key)
            made_key = self.build(key, kind.key_type, where, "")
            made = self.build(item, kind.value_type, where, "")
            if not isinstance(made_key, _Wrong) and not isinstance(made, _Wrong):
                built[key] = made
        return built

    def _tuple(self, value: Tree, kind: inspect.VarTupleType, path: str, must_be: str) -> object:
        if not isinstance(value, list) or not _within(len(value), kind.min_length, kind.max_length):
            return self._refuse(path, _wrong_size(value, must_be))
        built: list[object] = []
        for index, item in enumerate(value):
            where = item_path(path, index)
            made = self.build(item, kind.item_type, where, "")
            if isinstance(made, _Wrong):
                self.left_out.add(where)
            else:
                built.append(made)
        return tuple(built)

    def _union(self, value: Tree, kind: inspect.UnionType, path: str) -> object:
        """A union here is of words and one struct: a mapping is held against the struct, the rest against the words."""
        structs = [item for item in kind.types if isinstance(item, inspect.StructType)]
        if isinstance(value, dict) and structs:
            return self._struct(value, structs[0], path)
        if any(_is_leaf(value, item) for item in kind.types):
            return value
        words = [str(word) for item in kind.types if isinstance(item, inspect.LiteralType) for word in item.values]
        keys = [field.encode_name for item in structs for field in item.fields]
        return self._refuse(path, f"must be {' or '.join(words)}, or a mapping with keys out of {', '.join(keys)}")


def _is_leaf(value: Tree, kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.BoolType):
        return isinstance(value, bool)
    if isinstance(kind, inspect.StrType):
        return isinstance(value, str) and _is_text(value, kind)
    if isinstance(kind, inspect.LiteralType):
        return isinstance(value, str) and value in kind.values
    if isinstance(kind, inspect.IntType):
        return isinstance(value, int) and not isinstance(value, bool) and _is_in_range(value, kind)
    if isinstance(kind, inspect.FloatType):
        return isinstance(value, int | float) and not isinstance(value, bool) and _is_in_range(value, kind)
    return False


def _is_text(value: str, kind: inspect.StrType) -> bool:
    if not _within(len(value), kind.min_length, kind.max_length):
        return False
    # `fullmatch`, because `$` alone would let a trailing newline through.
    return value.isprintable() and (kind.pattern is None or re.fullmatch(kind.pattern, value) is not None)


def _is_in_range(value: float, kind: inspect.IntType | inspect.FloatType) -> bool:
    return (
        math.isfinite(value)
        and (kind.gt is None or value > kind.gt)
        and (kind.ge is None or value >= kind.ge)
        and (kind.lt is None or value < kind.lt)
        and (kind.le is None or value <= kind.le)
    )


def _within(size: int, least: int | None, most: int | None) -> bool:
    return (least is None or size >= least) and (most is None or size <= most)


def _leaf_message(value: Tree, kind: inspect.Type, must_be: str) -> str:
    if isinstance(kind, inspect.LiteralType):
        words = [str(word) for word in kind.values]
        hint = nearest_hint(value, words) if isinstance(value, str) else ""
        return f"must be one of {', '.join(words)}{hint if 'did you mean' in hint else ''}"
    expected = "true or false" if isinstance(kind, inspect.BoolType) else must_be
    return f"must be {expected}; it is {_word_for(value)}"


def _wrong_size(value: Tree, must_be: str) -> str:
    found = f"has {len(value)}" if isinstance(value, dict | list) else f"is {_word_for(value)}"
    return f"must be {must_be}; it {found}"


def _word_for(value: Tree) -> str:
    """What kind of thing stands there. Texts are not quoted: they may be secrets in the wrong place."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}"
    if isinstance(value, str):
        return "another text"
    return "a mapping" if isinstance(value, dict) else "a list"
