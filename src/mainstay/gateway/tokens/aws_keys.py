"""What all AWS sources give: temporary keys as `ID:SECRET:SESSION`."""

import msgspec

from mainstay.gateway.tokens.reading import OK, instant, refusal, token, words
from mainstay.gateway.tokens.source import Response, Token, Trouble


class _Keys(msgspec.Struct, rename="pascal"):
    """The JSON of metadata services. `code` is not `Success` where a 200 tells of an error."""

    access_key_id: str = ""
    secret_access_key: str = ""
    token: str = ""
    expiration: str = ""
    code: str = "Success"
    message: str = ""


def keys_from_json(response: Response, wall: float, *, extended_seconds: float = 0.0) -> Token | Trouble:
    """The keys in a metadata service's answer. Keys that have expired are trouble, unless `extended_seconds` says for
    how long to go on with them."""
    if response.status != OK:
        return refusal(response)
    try:
        answer = msgspec.json.decode(response.body, type=_Keys)
    except (ValueError, RecursionError):
        return Trouble("the metadata service answered 200 without keys that can be read")
    if answer.code != "Success":
        return Trouble(f"the metadata service answered: {words(f'{answer.code} {answer.message}')}")
    expires_at = instant(answer.expiration)
    if expires_at is not None and expires_at <= wall and extended_seconds:
        expires_at = wall + extended_seconds
    return keys(answer.access_key_id, answer.secret_access_key, answer.token, expires_at, wall)


def keys(identity: str, secret: str, session: str, expires_at: float | None, wall: float) -> Token | Trouble:
    """Temporary keys in one word, if they are complete and alive."""
    if not (identity and secret and session) or ":" in identity or ":" in secret:
        return Trouble("the identity service gave keys that are not complete")
    if expires_at is None:
        return Trouble("the identity service does not say in RFC 3339 when the keys expire")
    return token(f"{identity}:{secret}:{session}", expires_at, wall)
