"""The playbooks that come with the product, and which playbooks count for a configuration."""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from mainstay.config.build_playbooks import build_playbooks, ready_modes
from mainstay.config.load_playbooks import LoadedPlaybooks, load_playbooks
from mainstay.config.playbook_schema import READY_PLAYBOOKS, PlaybookEntry
from mainstay.model.playbook import Playbook

FOLDER: Final = "library"


class DamagedLibraryError(Exception):
    """A file of ours is not as it was made; the installation is damaged."""


@lru_cache(maxsize=1)
def ready_playbooks() -> Mapping[str, Playbook]:
    """Those that come with the product, by name. Raises `DamagedLibraryError`."""
    found: dict[str, Playbook] = {}
    for name in READY_PLAYBOOKS:
        loaded = load_ready(name)
        if name not in loaded.playbooks:
            words = "; ".join(f"{one.path} {one.message}" for one in loaded.mistakes)
            raise DamagedLibraryError(f"the playbook {name} of the product is damaged ({words}); install it again")
        found[name] = loaded.playbooks[name]
    return MappingProxyType(found)


def load_ready(name: str) -> LoadedPlaybooks:
    """One file of the product."""
    return load_playbooks(ready_text(name).encode())


def ready_text(name: str) -> str:
    """The text of one file of the product, to be copied and changed. Raises `DamagedLibraryError`."""
    try:
        return (files(__package__ or "") / FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    except OSError as error:
        raise DamagedLibraryError(f"the playbook {name} of the product is missing: {error.strerror}") from error


def playbooks_for(entries: Mapping[str, PlaybookEntry]) -> dict[str, Playbook]:
    """Those that count for the section `playbooks`, by name: its own, which also stand in the place of ready ones of
    their name, and the ready ones with their modes."""
    modes = ready_modes(entries)
    ready = {name: replace(one, mode=modes.get(name, one.mode)) for name, one in ready_playbooks().items()}
    return dict(sorted((ready | build_playbooks(entries)).items()))
