"""A file of playbooks alone: to playbooks, or to all its mistakes at once."""

import msgspec

from mainstay.config.build_playbooks import build_playbooks, ready_modes
from mainstay.config.check_playbook_names import ANY_NAME, Names
from mainstay.config.check_playbooks import playbook_mistakes, playbook_warnings
from mainstay.config.load import in_order
from mainstay.config.mistake import Mistake
from mainstay.config.playbook_schema import PlaybookFile
from mainstay.config.shape import shape
from mainstay.config.yaml_text import Tree, parse
from mainstay.model.playbook import Mode, Playbook


class LoadedPlaybooks(msgspec.Struct, frozen=True):
    """What a file holds; where it has mistakes, nothing. `modes` are words for playbooks that come with the product."""

    playbooks: dict[str, Playbook]
    modes: dict[str, Mode]
    mistakes: tuple[Mistake, ...]
    warnings: tuple[Mistake, ...] = ()


def load_playbooks(text: bytes, names: Names = ANY_NAME) -> LoadedPlaybooks:
    """Load a file with the section `playbooks`; others that it may have are passed over. `names` is what there is to be
    named. Nothing is raised."""
    parsed = parse(text)
    section = _section(parsed.tree)
    if not parsed.lines or section is None:
        missing = Mistake("", "has no section `playbooks`, a mapping of names to playbooks")
        return LoadedPlaybooks({}, {}, parsed.mistakes or (missing,))
    shaped = shape({"playbooks": section}, PlaybookFile)
    if shaped.value is None:
        return LoadedPlaybooks({}, {}, in_order(shaped.mistakes, parsed.lines))
    entries = shaped.value.playbooks
    meant = tuple(playbook_mistakes(entries, shaped, names))
    mistakes = in_order((*parsed.mistakes, *shaped.mistakes, *meant), parsed.lines)
    warnings = in_order(tuple(playbook_warnings(entries, shaped)), parsed.lines)
    if mistakes:
        return LoadedPlaybooks({}, {}, mistakes, warnings)
    return LoadedPlaybooks(build_playbooks(entries), ready_modes(entries), (), warnings)


def _section(tree: Tree) -> Tree:
    return tree.get("playbooks") if isinstance(tree, dict) else None
