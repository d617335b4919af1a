"""AWS Signature Version 4, as Bedrock asks for it; and the encoding of model names in paths.

Source: the published description of Signature Version 4; botocore's `auth.SigV4Auth`, against which the tests check
every signature.
"""

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

import msgspec

from mainstay.model.http import Headers, Outgoing

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "bedrock"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_OWN_PREFIX = "x-amz-"
_SIGNED_PREFIXES = (_OWN_PREFIX, "x-amzn-bedrock-")
_SIGNED_NAMES = frozenset(("host", "content-type"))
_DOTS = frozenset((".", ".."))


class Key(msgspec.Struct, frozen=True):
    """An access key. `token` is that of a session, empty for a lasting key."""

    id: str
    secret: str
    token: str = ""

    def __repr__(self) -> str:
        """Show the id only."""
        return f"Key({self.id!r})"


class Request(msgspec.Struct, frozen=True):
    """What a signature covers. `path` and `query` stand as they are sent; `headers` are those that are signed, `host`
    among them; `body_hash` is the SHA-256 of the body in hexadecimal digits."""

    method: str
    path: str
    query: str
    headers: Headers
    body_hash: str


class Scope(msgspec.Struct, frozen=True):
    """When and for what a signature holds. `instant` looks like `20260102T030405Z`."""

    instant: str
    region: str
    service: str = SERVICE

    @property
    def text(self) -> str:
        """The credential scope."""
        return f"{self.instant[:8]}/{self.region}/{self.service}/aws4_request"


def read_key(key: str) -> Key | None:
    """An access key written `ID:SECRET` or `ID:SECRET:SESSION_TOKEN`; `None` for anything else (a bearer key)."""
    identity, separator, rest = key.partition(":")
    secret, _, token = rest.partition(":")
    return Key(identity, secret, token) if separator else None


def authorized(outgoing: Outgoing, region: str, key: str, wall: float) -> Outgoing:
    """The request with its credential: signed with an access key, with a bearer key as it is, without a key unchanged.
    `wall` is the present in seconds since 1970."""
    access_key = read_key(key)
    if access_key is not None:
        headers = signed(outgoing, region, access_key, wall)
    else:
        headers = (*outgoing.headers, ("authorization", f"Bearer {key}")) if key else outgoing.headers
    return msgspec.structs.replace(outgoing, headers=headers)


def signed(outgoing: Outgoing, region: str, key: Key, wall: float, service: str = SERVICE) -> Headers:
    """The request's headers with a signature. Signed are the host, the content type and what begins with `x-amz-` or
    `x-amzn-bedrock-`: others may be changed on the way. Fields `x-amz-...` that came with the request are not sent."""
    instant = datetime.fromtimestamp(wall, UTC).strftime("%Y%m%dT%H%M%SZ")
    added: Headers = (("x-amz-date", instant), *((("x-amz-security-token", key.token),) if key.token else ()))
    headers = (*(field for field in outgoing.headers if not field[0].startswith(_OWN_PREFIX)), *added)
    parts = urlsplit(outgoing.url)
    covered = tuple(field for field in headers if field[0] in _SIGNED_NAMES or field[0].startswith(_SIGNED_PREFIXES))
    covered = (("host", _host(outgoing.url)), *(field for field in covered if field[0] != "host"))
    request = Request(outgoing.method, parts.path, parts.query, covered, hashlib.sha256(outgoing.body).hexdigest())
    scope = Scope(instant, region, service)
    authorization = (
        f"{ALGORITHM} Credential={key.id}/{scope.text}, SignedHeaders={_names(covered)}, "
        f"Signature={signature(request, scope, key.secret)}"
    )
    return (*headers, ("authorization", authorization))


def signature(request: Request, scope: Scope, secret: str) -> str:
    """The signature of a request, in hexadecimal digits."""
    covered = hashlib.sha256(canonical(request).encode()).hexdigest()
    text = f"{ALGORITHM}\n{scope.instant}\n{scope.text}\n{covered}"
    key = f"AWS4{secret}".encode()
    for word in (scope.instant[:8], scope.region, scope.service, "aws4_request"):
        key = hmac.digest(key, word.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def canonical(request: Request) -> str:
    """The canonical request. The path is encoded once more than it is sent (S3 alone does without)."""
    values: dict[str, list[str]] = {}
    for name, value in request.headers:
        values.setdefault(name, []).append(" ".join(value.split()))
    fields = "".join(f"{name}:{','.join(values[name])}\n" for name in sorted(values))
    pairs = sorted(pair.partition("=")[::2] for pair in request.query.split("&")) if request.query else ()
    query = "&".join(f"{name}={value}" for name, value in pairs)
    path = quote(_without_dots(request.path), safe="/~")
    return "\n".join((request.method, path, query, fields, _names(request.headers), request.body_hash))


def model_segment(model: str) -> str:
    """A model's name or ARN as one segment of a path."""
    segment = quote(model, safe="-._~")
    # A segment of dots would be taken for a step through the path.
    return segment.replace(".", "%2E") if segment in _DOTS else segment


def _names(headers: Headers) -> str:
    return ";".join(sorted({name for name, _ in headers}))


def _host(url: str) -> str:
    """The `host` field of a request: without the port where it is the scheme's own."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return host if parts.port in {None, _DEFAULT_PORTS.get(parts.scheme)} else f"{host}:{parts.port}"


def _without_dots(path: str) -> str:
    """The path without steps (`.`, `..`) and empty segments."""
    if not path:
        return "/"
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in {"", "."}:
            kept.append(segment)
    first = "/" if path[0] == "/" else ""
    last = "/" if path[-1] == "/" and kept else ""
    return f"{first}{'/'.join(kept)}{last}"
