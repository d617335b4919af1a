"""Words of strangers: markup and everything invisible stripped, instants read, all of it bounded."""

import html
import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from mainstay.ops.feeds.page import TEXT_CHARACTERS_MAX, URL_CHARACTERS_MAX

RAW_CHARACTERS_MAX: Final = 20_000
"""More of a text is not looked at."""

_HIDDEN: Final = re.compile(r"<(script|style)\b.*?(?:</\1[^<>]*>|\Z)", re.DOTALL | re.IGNORECASE)
_TAG: Final = re.compile(r"<[A-Za-z/!?][^<>]*>?")
_WHITE: Final = re.compile(r"\s+")


def plain(raw: str | None, characters_max: int = TEXT_CHARACTERS_MAX) -> str:
    """The text without markup, scripts, control characters and marks that turn the direction of writing."""
    text = _stripped(html.unescape(_stripped((raw or "")[:RAW_CHARACTERS_MAX])))
    text = _WHITE.sub(" ", text).strip()
    text = "".join(character for character in text if character.isprintable())
    return text if len(text) <= characters_max else f"{text[: characters_max - 3]}..."


def _stripped(text: str) -> str:
    return _TAG.sub(" ", _HIDDEN.sub(" ", text))


def safe_url(raw: str | None) -> str:
    """An address that may stand in a link; empty for anything but http and https."""
    text = (raw or "").strip()
    is_web = text.lower().startswith(("https://", "http://"))
    is_plain = text.isascii() and text.isprintable() and not set(text) & set(" \"'<>\\")
    return text if is_web and is_plain and len(text) <= URL_CHARACTERS_MAX else ""


def instant(text: str | None) -> float | None:
    """An instant (RFC 3339, or as in mails) in seconds since 1970; `None` for what is none."""
    text = (text or "").strip()[:100]
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    try:
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (OverflowError, ValueError):
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def first_instant(*texts: str | None) -> float | None:
    """The first of these that is an instant."""
    return next((at for at in map(instant, texts) if at is not None), None)
