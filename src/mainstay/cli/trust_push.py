"""Giving a trust bundle to running gateways. It proves itself, so nothing else goes with it."""

from collections.abc import Iterable
from typing import Final

import httpx

TRUST_PATH: Final = "/v1/mainstay/trust"
PUSH_SECONDS: Final = 10.0
_REASON_CHARACTERS_MAX: Final = 500


def push(bundle_text: str, urls: Iterable[str], transport: httpx.BaseTransport | None = None) -> dict[str, str | None]:
    """Offer the bundle to each gateway; the answer to each is why it did not take it, `None` where it did.

    `transport` is for tests; without it, the network is used.
    """
    with httpx.Client(timeout=PUSH_SECONDS, transport=transport) as client:
        return {url: _offer(client, url, bundle_text) for url in dict.fromkeys(urls)}


def _offer(client: httpx.Client, url: str, bundle_text: str) -> str | None:
    try:
        response = client.post(
            url.rstrip("/") + TRUST_PATH, content=bundle_text.encode(), headers={"content-type": "application/jose"}
        )
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return f"cannot be reached: {str(error) or type(error).__name__}"
    if response.is_success:
        return None
    return f"answered {response.status_code}: {' '.join(response.text[:_REASON_CHARACTERS_MAX].split())}"
