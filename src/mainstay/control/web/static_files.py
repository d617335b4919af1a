"""Style, script and icon of the pages: three files of the package, read once."""

import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

FOLDER: Final = Path(__file__).parent / "static"
TYPES: Final = {"console.css": "text/css", "console.js": "text/javascript", "icon.svg": "image/svg+xml"}

Endpoint = Callable[[Request], Awaitable[Response]]


def static_endpoints() -> dict[str, Endpoint]:
    """Path -> endpoint, for these files and no other. Raises `OSError` where one is missing from the package."""
    return {f"/static/{name}": _endpoint((FOLDER / name).read_bytes(), media) for name, media in TYPES.items()}


def _endpoint(content: bytes, media: str) -> Endpoint:
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "no-cache"}

    async def give(request: Request) -> Response:
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=media, headers=headers)

    return give
