"""Reads what identity services answer. Everything that comes is distrusted: sizes, types, times and characters."""

import re
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

import msgspec

from mainstay.gateway.tokens.source import Response, Token, Trouble

OK = 200
ASSUMED_LIFE_SECONDS = 300.0
"""Of a token whose issuer does not say how long it lives (RFC 6749, section 5.1, only recommends to say so)."""
LIFE_SECONDS_MAX = 7 * 86_400.0
TOKEN_CHARACTERS_MAX = 65_536
WORDS_CHARACTERS_MAX = 300

_LONG_WORD = re.compile(r"[^\s:,]{64,}")
"""What looks like a token, should an identity service repeat one in its error."""
_NAMES_OF_HERE = frozenset({"localhost", "metadata", "metadata.google.internal"})
_AWS_PLATFORM_ADDRESSES = ip_network("fd00:ec2::/32")


class _OAuthToken(msgspec.Struct):
    """RFC 6749, section 5.1. Some issuers write the number as a string."""

    access_token: str
    expires_in: float | str | None = None


class _OAuthError(msgspec.Struct):
    """RFC 6749, section 5.2."""

    error: str
    error_description: str = ""


class _Status(msgspec.Struct):
    """Google's error status."""

    message: str
    status: str = ""


class _StatusError(msgspec.Struct):
    """The envelope of Google's APIs."""

    error: _Status


class _CodedError(msgspec.Struct):
    """What AWS's container services say."""

    code: str = ""
    message: str = ""


def access_token(response: Response, wall: float) -> Token | Trouble:
    """The token of an OAuth token endpoint; `wall` is when it was asked for."""
    if response.status != OK:
        return refusal(response)
    try:
        answer = msgspec.json.decode(response.body, type=_OAuthToken)
        life_seconds = ASSUMED_LIFE_SECONDS if answer.expires_in is None else float(answer.expires_in)
    except (ValueError, RecursionError):
        return Trouble("the identity service answered 200 without a token that can be read")
    return token(answer.access_token, wall + min(life_seconds, LIFE_SECONDS_MAX), wall)


def token(value: str, expires_at: float, wall: float) -> Token | Trouble:
    """A token, if its value may be sent and it lives."""
    if not is_sendable(value):
        return Trouble("the identity service gave a token that no header can carry")
    # The comparison is false for "not a number" too.
    if not expires_at > wall:
        return Trouble("the identity service gave a token that has already expired")
    return Token(value, min(expires_at, wall + LIFE_SECONDS_MAX))


def instant(text: str) -> float | None:
    """Seconds since 1970 of an RFC 3339 time; `None` for anything else. Without a zone, UTC is meant."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def refusal(response: Response) -> Trouble:
    """What an error response says."""
    return Trouble(f"the identity service answered {response.status}: {_reason(response.body) or 'no reason given'}")


def words(text: str) -> str:
    """Text of somebody else, fit for one line of a report: bounded, printable, without what looks like a secret."""
    line = " ".join(_LONG_WORD.sub("[...]", text[: 4 * WORDS_CHARACTERS_MAX]).split())
    printable = "".join(character if character.isprintable() else "?" for character in line)
    return printable[:WORDS_CHARACTERS_MAX]


def is_sendable(value: str) -> bool:
    """Whether this can stand in a header field: anything else would be refused, or worse, split the header."""
    return 0 < len(value) <= TOKEN_CHARACTERS_MAX and value.isascii() and value.isprintable() and " " not in value


def unsafe(url: str) -> Trouble | None:
    """Why identities must not be sent to this URL. Plain HTTP is for services of this machine, its link and its pod:
    there it is the rule (metadata servers), elsewhere everybody on the way could read along."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return Trouble("an address of the identity service is not a URL")
    if host and (parts.scheme == "https" or (parts.scheme == "http" and _is_here(host))):
        return None
    return Trouble(f"{words(f'{parts.scheme}://{host}')} must be https, or an http address of this machine")


def _is_here(host: str) -> bool:
    if host in _NAMES_OF_HERE or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_link_local or address in _AWS_PLATFORM_ADDRESSES


def _reason(body: bytes) -> str:
    for kind in (_OAuthError, _StatusError, _CodedError):
        try:
            error = msgspec.json.decode(body, type=kind)
        except (ValueError, RecursionError):
            continue
        match error:
            case _OAuthError(error=code, error_description=message):
                return words(f"{code} {message}")
            case _StatusError(error=_Status(message=message, status=code)):
                return words(f"{code} {message}")
            case _CodedError(code=code, message=message):
                return words(f"{code} {message}")
    return ""
