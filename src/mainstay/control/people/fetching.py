"""Requests to the identity provider, bounded in time and size."""

import asyncio
from collections.abc import Mapping
from typing import Final

import httpx
import msgspec

ANSWER_SECONDS: Final = 5.0
ANSWER_BYTES_MAX: Final = 1_000_000


class IssuerDownError(Exception):
    """The identity provider does not answer (in time, or in HTTP)."""


class Fetched(msgspec.Struct, frozen=True):
    """An answer, whole."""

    status: int
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether the status is 200."""
        return self.status == httpx.codes.OK


async def fetch(
    client: httpx.AsyncClient,
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: str = "",
) -> Fetched:
    """One request. Redirects are not followed. Raises `IssuerDownError`."""
    try:
        async with (
            asyncio.timeout(ANSWER_SECONDS),
            client.stream(method, url, headers=headers, content=body.encode() if body else None) as response,
        ):
            content = bytearray()
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > ANSWER_BYTES_MAX:
                    raise IssuerDownError(f"it answers with more than {ANSWER_BYTES_MAX} bytes")
            if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
                raise IssuerDownError(f"it answers {response.status_code}")
            return Fetched(response.status_code, bytes(content))
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise IssuerDownError(f"no answer from it ({type(error).__name__})") from error
