"""Giving a trust bundle or an order to running gateways. Both prove themselves, so nothing else goes with them."""

from collections.abc import Iterable
from typing import Final

import httpx

TRUST_PATH: Final = "/v1/mainstay/trust"
ORDERS_PATH: Final = "/v1/mainstay/orders"
PUSH_SECONDS: Final = 10.0
_REASON_CHARACTERS_MAX: Final = 500


def push(
    document: str, urls: Iterable[str], transport: httpx.BaseTransport | None = None, path: str = TRUST_PATH
) -> dict[str, str | None]:
    """Offer a signed document to each gateway at this path; the answer to each is why it did not take it, `None` where
    it did.

    `transport` is for tests; without it, the network is used.
    """
    with httpx.Client(timeout=PUSH_SECONDS, transport=transport) as client:
        return {url: _offer(client, url.rstrip("/") + path, document) for url in dict.fromkeys(urls)}


def _offer(client: httpx.Client, url: str, document: str) -> str | None:
    try:
        response = client.post(url, content=document.encode(), headers={"content-type": "application/jose"})
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return f"cannot be reached: {str(error) or type(error).__name__}"
    if response.is_success:
        return None
    return f"answered {response.status_code}: {' '.join(response.text[:_REASON_CHARACTERS_MAX].split())}"
