"""The status page over HTTP: its files as they lie in their folder, to anybody. Needs no store and no session."""

import asyncio
import hashlib
import os
import re
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mainstay.control.status_page.rendering import content_policy

PREFIX: Final = "/status"
PATH_CHARACTERS_MAX: Final = 200
FILE_BYTES_MAX: Final = 20_000_000
MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".rss": "application/rss+xml; charset=utf-8",
    ".atom": "application/atom+xml; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
# Each part begins with a letter or digit: no `..`, no hidden file.
_PATH: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*/){0,4}[A-Za-z0-9][A-Za-z0-9._-]*")
_STYLE: Final = re.compile(rb"style-src &#39;(sha256-[A-Za-z0-9+/=]{44})&#39;")
_SECURITY: Final = {"x-content-type-options": "nosniff", "x-frame-options": "DENY", "referrer-policy": "no-referrer"}
_FRESH: Final = "public, max-age=10"


class PublicFiles:
    """Gives the files of one folder, and nothing else."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def endpoint(self, request: Request) -> Response:
        """Answer `GET /status`, `/status/` and whatever lies beneath."""
        path = request.scope["path"]
        if path == PREFIX:
            return RedirectResponse(f"{PREFIX}/", 308)
        name = path.removeprefix(f"{PREFIX}/") or "index.html"
        content = await asyncio.to_thread(self.read, name)
        if content is None:
            return _absent(name)
        headers = self._headers(name, content)
        if headers["etag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers)

    def read(self, name: str) -> bytes | None:
        """A file of the page; `None` for what is none, or is not there. Raises nothing."""
        is_name = len(name) <= PATH_CHARACTERS_MAX and _PATH.fullmatch(name) is not None
        if not is_name or Path(name).suffix not in MEDIA_TYPES:
            return None
        path = self._folder / name
        try:
            # A link would lead out of the folder: neither the file nor a folder on the way may be one.
            if path.resolve() != self._folder.resolve() / name:
                return None
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
                content = file.read(FILE_BYTES_MAX + 1)
        except OSError:
            return None
        return content if len(content) <= FILE_BYTES_MAX else None

    def _headers(self, name: str, content: bytes) -> dict[str, str]:
        headers = {
            "content-type": MEDIA_TYPES[Path(name).suffix],
            "etag": f'"{hashlib.sha256(content).hexdigest()[:32]}"',
            "cache-control": _FRESH,
            "content-security-policy": "default-src 'none'",
            **_SECURITY,
        }
        if name.endswith(".html"):
            style = _STYLE.search(content[:4_000])
            digest = "" if style is None else style[1].decode().removeprefix("sha256-")
            headers["content-security-policy"] = f"{content_policy(digest)}; frame-ancestors 'none'"
        else:
            # As on other status pages, programs on any site may read it.
            headers["access-control-allow-origin"] = "*"
        return headers


def _absent(name: str) -> Response:
    """A page that has never been written is trouble of ours; any other is the visitor's slip."""
    headers = {"cache-control": "no-store", **_SECURITY}
    if name == "index.html":
        text = "The status page has not been written yet. Look again in a minute.\n"
        return Response(text, 503, {**headers, "retry-after": "60"}, "text/plain")
    return Response("There is no such page.\n", 404, headers, "text/plain")
