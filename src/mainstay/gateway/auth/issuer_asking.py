"""How an issuer's keys are asked for: OpenID Connect Discovery 1.0, then the key set (RFC 7517)."""

from math import inf
from typing import Final

import msgspec

from mainstay.gateway.tokens.reading import OK, refusal, unsafe
from mainstay.gateway.tokens.source import Asking, Response, Token, Trouble
from mainstay.model.http import Headers, Outgoing
from mainstay.wire.trust.key_set import read_key_set

_DISCOVERY: Final = "/.well-known/openid-configuration"
_HEADERS: Final[Headers] = (("accept", "application/json"),)


class _Metadata(msgspec.Struct, frozen=True):
    """Those provider metadata that matter here."""

    issuer: str
    jwks_uri: str


def ask_for_keys(issuer: str, keys_url: str) -> Asking:
    """A conversation whose outcome is the text of the issuer's key set, or why there is none. Without `keys_url`, the
    issuer is asked where its keys are."""
    if not keys_url:
        told = yield Outgoing(issuer.rstrip("/") + _DISCOVERY, _HEADERS, b"", "GET")
        found = _keys_url(told, issuer)
        if isinstance(found, Trouble):
            return found
        keys_url = found
    trouble = unsafe(keys_url)
    if trouble is not None:
        return trouble
    answer = yield Outgoing(keys_url, _HEADERS, b"", "GET")
    if answer.status != OK:
        return refusal(answer)
    keys = read_key_set(answer.body)
    # What is fetched is no token, but it travels as one: as text that whoever asked will read.
    return Trouble(keys) if isinstance(keys, str) else Token(answer.body.decode("utf-8", "replace"), inf)


def _keys_url(told: Response, issuer: str) -> str | Trouble:
    if told.status != OK:
        return refusal(told)
    try:
        metadata = msgspec.json.decode(told.body, type=_Metadata)
    except (ValueError, RecursionError):
        return Trouble("its discovery document cannot be read")
    if metadata.issuer != issuer:
        return Trouble(
            "its discovery document is that of another issuer; write `issuer` exactly as it says, or keys_url"
        )
    return metadata.jwks_uri
