"""Whether a request is signed with the secret that a fake of AWS Bedrock knows."""

import hashlib
import hmac
import re

from mainstay.lab.provider.request import ProviderRequest
from mainstay.wire.bedrock.signature import ALGORITHM, Request, Scope, read_key, signature

_AUTHORIZATION = re.compile(
    rf"{ALGORITHM} Credential=([^/]+)/(\d{{8}})/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request, ?"
    r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})"
)
_UNSIGNED = "UNSIGNED-PAYLOAD"


def is_signed(request: ProviderRequest, key: str) -> bool:
    """Whether the signature is that of this key (`ID:SECRET` or `ID:SECRET:SESSION_TOKEN`). The date is not judged:
    nothing here has a clock."""
    known = read_key(key)
    found = _AUTHORIZATION.fullmatch(request.header("authorization"))
    if known is None or found is None:
        return False
    identity, day, region, service, names, given = found.groups()
    instant, covered = request.header("x-amz-date"), set(names.split(";"))
    if identity != known.id or not instant.startswith(day) or not {"host", "x-amz-date"} <= covered:
        return False
    if known.token and request.header("x-amz-security-token") != known.token:
        return False
    headers = tuple(field for field in request.headers if field[0] in covered)
    asked = Request(request.method, request.path, request.query, headers, _body_hash(request))
    return hmac.compare_digest(signature(asked, Scope(instant, region, service), known.secret), given)


def _body_hash(request: ProviderRequest) -> str:
    if request.header("x-amz-content-sha256") == _UNSIGNED:
        return _UNSIGNED
    return hashlib.sha256(request.body).hexdigest()
