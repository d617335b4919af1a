"""The token that a request carries."""

from functools import lru_cache
from typing import Final

from mainstay.model.fault import Fault
from mainstay.model.http import Headers
from mainstay.wire.trust.refusals import CONFLICTING_TOKENS

CALLERS_REMEMBERED: Final = 256
"""A caller sends the same fields again and again; they are read once for so many callers."""
_BEARER: Final = "bearer"


@lru_cache(maxsize=CALLERS_REMEMBERED)
def presented_token(headers: Headers) -> str | Fault:
    """The token in `x-api-key` or `authorization: Bearer`; empty where there is none. Those that differ are a fault."""
    found = ""
    for name, value in headers:
        if name == "x-api-key":
            token = value.strip()
        elif name == "authorization":
            scheme, _, rest = value.partition(" ")
            token = rest.strip() if scheme.lower() == _BEARER else ""
        else:
            continue
        if token and token != found:
            if found:
                return CONFLICTING_TOKENS
            found = token
    return found
