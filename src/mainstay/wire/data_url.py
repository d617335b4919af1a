"""Data URLs (RFC 2397), in which both protocols of OpenAI carry pictures and files."""

import base64
import re
from urllib.parse import unquote_to_bytes

import msgspec

_HEAD = re.compile(r"data:([^,]{0,200}),", re.IGNORECASE)
_BASE64 = ";base64"
_DEFAULT_TYPE = "text/plain"


class DataUrl(msgspec.Struct, frozen=True):
    """What is in a data URL; `data` is base64."""

    media_type: str
    data: str


def read_data_url(url: str) -> DataUrl | None:
    """What is in it, or `None` where it is another kind of URL."""
    head = _HEAD.match(url)
    if head is None:
        return None
    said = head[1].strip()
    data = url[head.end() :]
    if not said.lower().endswith(_BASE64):
        data = base64.b64encode(unquote_to_bytes(data)).decode()
    media_type = said.partition(";")[0].strip().lower()
    return DataUrl(media_type or _DEFAULT_TYPE, data)


def write_data_url(media_type: str, data: str) -> str:
    """The URL of this base64."""
    return f"data:{media_type}{_BASE64},{data}"
