"""Load: a file, a text or a tree, to a snapshot or to all its mistakes at once."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from mainstay.config.build import build
from mainstay.config.check import Setting, check
from mainstay.config.check_warnings import check_warnings
from mainstay.config.include import placed, with_included
from mainstay.config.mistake import Mistake
from mainstay.config.schema import File
from mainstay.config.shape import shape
from mainstay.config.snapshot import Snapshot
from mainstay.config.yaml_text import FILE_BYTES_MAX, Tree, parse


class Loaded(msgspec.Struct, frozen=True):
    """The outcome of loading: a snapshot, or at least one mistake.

    `warnings` are for reading and stop nothing. `sha256` is that of the file's bytes (hexadecimal; "" when the file
    could not be read). Mistakes stand in the order of the file.
    """

    snapshot: Snapshot | None
    mistakes: tuple[Mistake, ...]
    warnings: tuple[Mistake, ...] = ()
    sha256: str = ""


def load(path: Path, environment: Mapping[str, str], *, lenient: bool = False) -> Loaded:
    """Load the file at `path`. Relative paths in it start at its folder. Every fault is a mistake; nothing is raised.

    `lenient` accepts secrets that are absent: their credentials are left out, with a warning.
    """
    try:
        with path.open("rb") as file:
            text = file.read(FILE_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a path"
        return Loaded(None, (Mistake("", f"the file cannot be read: {reason}"),))
    return load_text(text, path.parent, environment, lenient=lenient)


def load_text(text: bytes, directory: Path, environment: Mapping[str, str], *, lenient: bool = False) -> Loaded:
    """Load the text of a file that lies in `directory`."""
    sha256 = hashlib.sha256(text).hexdigest()
    parsed = parse(text)
    if not parsed.lines:
        return Loaded(None, parsed.mistakes, sha256=sha256)
    whole = with_included(parsed.tree, directory)
    loaded = load_tree(whole.tree, directory, environment, lenient=lenient)
    found = tuple(placed(loaded.mistakes, parsed.lines, whole.places))
    mistakes = in_order((*parsed.mistakes, *whole.mistakes, *found), parsed.lines)
    warnings = in_order(tuple(placed(loaded.warnings, parsed.lines, whole.places)), parsed.lines)
    return Loaded(None if mistakes else loaded.snapshot, mistakes, warnings, sha256)


def load_tree(tree: Tree, directory: Path, environment: Mapping[str, str], *, lenient: bool = False) -> Loaded:
    """Load what a file would hold, already in plain values."""
    shaped = shape(tree, File)
    if shaped.value is None:
        return Loaded(None, shaped.mistakes)
    setting = Setting(directory, environment, _upstream_names(tree), lenient)
    checked = check(shaped, shaped.value, setting)
    known = {mistake.path for mistake in shaped.mistakes}
    # What is malformed was replaced by a default, so a second mistake at its path would be about our own value.
    mistakes = (*shaped.mistakes, *(mistake for mistake in checked.mistakes if mistake.path not in known))
    if mistakes:
        return Loaded(None, mistakes, checked.warnings)
    snapshot = build(shaped.value, checked.secrets, directory)
    return Loaded(snapshot, (), (*checked.warnings, *check_warnings(shaped.value, snapshot)))


def _upstream_names(tree: Tree) -> frozenset[str]:
    """The names that the file meant to define, malformed ones too: a candidate of theirs is no second mistake."""
    upstreams = tree.get("upstreams") if isinstance(tree, dict) else None
    return frozenset(upstreams) if isinstance(upstreams, dict) else frozenset()


def in_order(mistakes: tuple[Mistake, ...], lines: dict[str, int]) -> tuple[Mistake, ...]:
    """Mistakes with their lines, in the order of the file."""
    placed = [_with_line(mistake, lines) for mistake in mistakes]
    return tuple(sorted(placed, key=lambda mistake: mistake.line or 0))


def _with_line(mistake: Mistake, lines: dict[str, int]) -> Mistake:
    """The mistake with the line of its path, or of the nearest part of it that the file has."""
    if mistake.line is not None:
        return mistake
    path = mistake.path
    while path and path not in lines:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return msgspec.structs.replace(mistake, line=lines.get(path))
