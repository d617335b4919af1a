"""What components are called in public, ids that stay the same for ever, and text that is fit to be shown."""

import hashlib
from typing import Final
from urllib.parse import urlsplit

from mainstay.model.components import Component

ID_CHARACTERS: Final = 12
NAME_CHARACTERS_MAX: Final = 200
TEXT_CHARACTERS_MAX: Final = 10_000
URL_CHARACTERS_MAX: Final = 2_000
_PARTS: Final = {"login": "login", "admin": "administration"}
_FIRST_PRINTABLE: Final = 0x20
_CONTROLS: Final = range(0x7F, 0xA0)


def public_id(seed: str) -> str:
    """An id of 12 letters and digits, always the same for the same seed, that does not show it."""
    return hashlib.sha256(seed.encode("utf-8", "replace")).hexdigest()[:ID_CHARACTERS]


def component_name(component: Component) -> str:
    """A component's name for people."""
    if not component.upstream:
        return shown(component.model, NAME_CHARACTERS_MAX) or "Gateway"
    if component.model:
        return shown(f"{component.model} at {component.upstream}", NAME_CHARACTERS_MAX)
    part = _PARTS.get(component.part, "")
    return shown(f"{component.upstream} {part}".rstrip(), NAME_CHARACTERS_MAX)


def shown(text: str, characters_max: int = TEXT_CHARACTERS_MAX) -> str:
    """Text without control characters (lines stay apart) and not too long."""
    kept = "".join(one for one in text if one == "\n" or (ord(one) >= _FIRST_PRINTABLE and ord(one) not in _CONTROLS))
    return kept if len(kept) <= characters_max else f"{kept[: characters_max - 1]}…"


def safe_url(url: str) -> str:
    """A web address without name, password, query and fragment, where secrets stand; "" for what is none."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname or len(url) > URL_CHARACTERS_MAX:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return shown(f"{parts.scheme}://{host}{port}{parts.path}", URL_CHARACTERS_MAX)
