"""Included files: sections about operations that a user keeps beside the main file. Nothing here decides what a section
means; the main file is checked as if they stood in it.

Only sections that the gateway does not need may be included: what it runs is one file, accepted and gone back from as a
whole.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from mainstay.config.mistake import Mistake, child_path, item_path, nearest_hint
from mainstay.config.yaml_text import FILE_BYTES_MAX, Parsed, Tree, parse

FILES_MAX: Final = 200
WHOLE_SECTIONS: Final = ("detection", "incidents", "notifications", "status_page")
NAMED_SECTIONS: Final = ("playbooks",)
"""Mappings of names, whose entries may come from several files."""
INCLUDABLE: Final = (*NAMED_SECTIONS, *WHOLE_SECTIONS)


class Included(msgspec.Struct, frozen=True):
    """The main file's tree with what was included. `places` say where (file and line) a path that was included
    stands."""

    tree: Tree
    mistakes: tuple[Mistake, ...] = ()
    places: dict[str, str] = {}


def with_included(tree: Tree, directory: Path) -> Included:
    """Read the files that `include` names, in the order of the patterns and of the files' names. Raises nothing."""
    patterns = tree.get("include") if isinstance(tree, dict) else None
    if not isinstance(tree, dict) or not isinstance(patterns, list) or not patterns:
        return Included(tree)
    merger = _Merger(tree)
    count = 0
    for index, pattern in enumerate(patterns):
        where = item_path("include", index)
        if not isinstance(pattern, str):
            continue
        found = _files(directory, pattern)
        if isinstance(found, str):
            merger.mistakes.append(Mistake(where, found))
            continue
        count += len(found)
        if count > FILES_MAX:
            merger.mistakes.append(Mistake(where, f"finds more than {FILES_MAX} files in all"))
            break
        for path in found:
            merger.take(path.relative_to(directory).as_posix() if path.is_relative_to(directory) else str(path), path)
    return Included(merger.tree, tuple(merger.mistakes), merger.places)


def _files(directory: Path, pattern: str) -> list[Path] | str:
    """The files of a pattern; or why there are none."""
    if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
        return "must lead to files in the folder of this file, or below it"
    try:
        found = sorted(path for path in directory.glob(pattern) if path.is_file())
    except (ValueError, OSError, NotImplementedError):
        return "is not a pattern of file names such as playbooks/*.yaml"
    if not found and not any(mark in pattern for mark in "*?["):
        return "is not there"
    return found


class _Merger:
    """Puts files into the main file's tree."""

    def __init__(self, tree: Mapping[str, Tree]) -> None:
        self.tree: dict[str, Tree] = dict(tree)
        self.mistakes: list[Mistake] = []
        self.places: dict[str, str] = {}
        self._came_from: dict[str, str] = {}

    def take(self, name: str, path: Path) -> None:
        """Add one file."""
        try:
            with path.open("rb") as file:
                text = file.read(FILE_BYTES_MAX + 1)
        except OSError as error:
            self.mistakes.append(Mistake("include", f"{name} cannot be read: {error.strerror}"))
            return
        parsed = parse(text)
        self.mistakes += [_placed(name, one) for one in parsed.mistakes]
        if not isinstance(parsed.tree, dict):
            if not parsed.mistakes:
                self.mistakes.append(Mistake("include", f"{name}: must be a mapping of {', '.join(INCLUDABLE)}"))
            return
        for key, value in parsed.tree.items():
            self._section(name, parsed, key, value)

    def _section(self, name: str, parsed: Parsed, key: str, value: Tree) -> None:
        line = parsed.lines.get(child_path("", key), 1)
        if key not in INCLUDABLE:
            hint = nearest_hint(key, INCLUDABLE)
            self.mistakes.append(
                Mistake("include", f"{name}, line {line}: {key} may not stand in an included file{hint}")
            )
        elif key in WHOLE_SECTIONS or not isinstance(value, dict):
            self._put(self.tree, key, key, value, f"{name}, line {line}")
        else:
            section = self.tree.get(key)
            together: dict[str, Tree] = dict(section) if isinstance(section, dict) else {}
            for entry, part in value.items():
                where = child_path(key, entry)
                self._put(together, entry, where, part, f"{name}, line {parsed.lines.get(where, line)}")
            self.tree[key] = together
        for where, at in parsed.lines.items():
            if where:
                self.places.setdefault(where, f"{name}, line {at}")

    def _put(self, into: dict[str, Tree], key: str, where: str, value: Tree, place: str) -> None:
        if key in into:
            first = self._came_from.get(where, "the main file")
            self.mistakes.append(Mistake("include", f"{place}: {where} is written twice, first in {first}"))
            return
        into[key] = value
        self._came_from[where] = place


def _placed(name: str, mistake: Mistake) -> Mistake:
    line = "" if mistake.line is None else f", line {mistake.line}"
    where = f"{mistake.path}: " if mistake.path else ""
    return Mistake("include", f"{name}{line}: {where}{mistake.message}")


def placed(mistakes: tuple[Mistake, ...], lines: Mapping[str, int], places: Mapping[str, str]) -> Iterator[Mistake]:
    """Mistakes, those about something included with their place in words: a line of theirs is none of the main
    file."""
    for mistake in mistakes:
        path = mistake.path
        while path and path not in lines and path not in places:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        if path and path in places and path not in lines:
            yield Mistake(mistake.path, f"{mistake.message} ({places[path]})", mistake.line)
        else:
            yield mistake
