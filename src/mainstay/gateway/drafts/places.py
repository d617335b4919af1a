"""Which file is whose, inside a folder of drafts."""

import re
from hashlib import blake2b
from pathlib import Path
from typing import Final

SUFFIX: Final = ".draft"
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


def is_exchange_id(text: str) -> bool:
    """Whether a draft may have this name. What comes from a URL must not choose a path."""
    return _ID.fullmatch(text) is not None


def draft_path(folder: Path, exchange_id: str) -> Path:
    """Where the draft of an exchange stands."""
    return folder / blake2b(exchange_id.encode(), digest_size=1).hexdigest() / f"{exchange_id}{SUFFIX}"
