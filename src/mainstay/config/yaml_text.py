"""YAML text to a plain tree, within bounds, with the line of every path.

The dialect is the core of YAML 1.2: `true` and `false` are the only booleans, so that `off` and `no` stay words.
There are no dates, no tags and no merge keys. Aliases are allowed within the bound on nodes; a key written twice is a
mistake.
"""

import re
from collections.abc import Iterator

import msgspec
import yaml

from mainstay.config.mistake import Mistake, child_path, item_path

FILE_BYTES_MAX = 1_048_576
NODES_MAX = 100_000
DEPTH_MAX = 40

Tree = dict[str, "Tree"] | list["Tree"] | str | int | float | bool | None
"""What a YAML file holds, in Python's own words."""

_NULL = re.compile(r"~|null|Null|NULL|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")


class Parsed(msgspec.Struct, frozen=True):
    """A tree with the line (from 1) of every path, or what is wrong with the text."""

    tree: Tree
    lines: dict[str, int]
    mistakes: tuple[Mistake, ...]


class _Composer(yaml.SafeLoader):
    """PyYAML up to its node graph, with a bound on depth and without dates and tags."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth += 1
        if self.depth > DEPTH_MAX:
            problem = f"nested more than {DEPTH_MAX} levels deep"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=self.get_mark())
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def parse(text: bytes) -> Parsed:
    """Read YAML text. Every fault is a mistake in the result; nothing is raised."""
    if len(text) > FILE_BYTES_MAX:
        return _failed(f"the file is larger than {FILE_BYTES_MAX} bytes")
    try:
        composer = _Composer(text.decode("utf-8-sig"))
        try:
            root = composer.get_single_node()
        finally:
            composer.dispose()
    except UnicodeDecodeError as error:
        return _failed("the file is not UTF-8 text", text.count(b"\n", 0, error.start) + 1)
    except yaml.MarkedYAMLError as error:
        # Not `str(error)`: it quotes the line, and the line may hold a secret.
        return _failed(f"not valid YAML: {error.problem}", _line(error.problem_mark))
    except yaml.YAMLError:
        return _failed("not valid YAML: the file has characters that YAML does not allow")
    if root is None:
        return _failed("the file is empty; it needs at least `upstreams` and `models`")
    return _read(root)


def _failed(message: str, line: int | None = None) -> Parsed:
    return Parsed(None, {}, (Mistake("", message, line),))


def _line(mark: yaml.Mark | None) -> int | None:
    return None if mark is None else mark.line + 1


def _read(root: yaml.Node) -> Parsed:
    if _expanded_size(root, {}) > NODES_MAX:
        return _failed(f"the file has more than {NODES_MAX} values, aliases expanded, or an alias that contains itself")
    reader = _Reader()
    tree = reader.value(root, "")
    return Parsed(tree, reader.lines, tuple(reader.mistakes))


def _expanded_size(node: yaml.Node, sizes: dict[int, int]) -> int:
    """How many nodes a walk would visit. Linear in the text, because shared nodes are counted once and remembered."""
    known = sizes.get(id(node))
    if known is not None:
        return known
    # Stands while the node is being counted: meeting it again means that the node contains itself.
    sizes[id(node)] = NODES_MAX + 1
    sizes[id(node)] = size = 1 + sum(_expanded_size(child, sizes) for child in _children(node))
    return size


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


class _Reader:
    """Turns nodes into plain values; collects lines and mistakes on the way."""

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}
        self.mistakes: list[Mistake] = []

    def value(self, node: yaml.Node, path: str) -> Tree:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, item_path(path, index)) for index, item in enumerate(node.value)]
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: str) -> dict[str, Tree]:
        tree: dict[str, Tree] = {}
        first_lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.mistakes.append(Mistake(path, "has a key that is not a plain word", line))
                continue
            key = str(key_node.value)
            where = child_path(path, key)
            if key in tree:
                self.mistakes.append(Mistake(where, f"is written twice, first in line {first_lines[key]}", line))
                continue
            first_lines[key] = self.lines[where] = line
            tree[key] = self.value(value_node, where)
        return tree


def _scalar(node: yaml.Node) -> Tree:
    text = str(node.value)
    if isinstance(node, yaml.ScalarNode) and node.style is not None:
        return text
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text):
        return True
    if _FALSE.fullmatch(text):
        return False
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
