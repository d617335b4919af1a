"""Where Google's access tokens come from: the OAuth endpoint, and the metadata server of its machines."""

from urllib.parse import parse_qs

import msgspec

from mainstay.lab.provider.request import ProviderRequest
from mainstay.lab.provider.scene import Scene
from mainstay.lab.provider.script import Script, whole

TOKEN_PATH = "/token"  # noqa: S105 - a path
METADATA_PATH = "/computeMetadata/v1/instance/service-accounts/default/token"
LIFETIME_SECONDS = 3600

_GRANTS = {
    "urn:ietf:params:oauth:grant-type:jwt-bearer": "assertion",
    "urn:ietf:params:oauth:grant-type:token-exchange": "subject_token",
    "refresh_token": "refresh_token",
}
"""Each kind of grant, and the field that proves who asks."""


class _Token(msgspec.Struct):
    access_token: str
    expires_in: int
    token_type: str = "Bearer"  # noqa: S105 - the kind of token


class _Refusal(msgspec.Struct):
    error: str
    error_description: str


def is_token_path(path: str) -> bool:
    """Whether tokens are given here."""
    return path in (TOKEN_PATH, METADATA_PATH)


def token_script(request: ProviderRequest, scene: Scene, key: str | None) -> Script:
    """A token, or why there is none. It is the only `key` that the provider accepts, where it accepts only one."""
    refusal = _metadata_refusal(request) if request.path == METADATA_PATH else _grant_refusal(request)
    if refusal is not None:
        return whole(scene.head(400, "application/json"), msgspec.json.encode(refusal))
    token = _Token(key or scene.stamp.id("ya29.lab-", "token"), LIFETIME_SECONDS)
    return whole(scene.head(200, "application/json"), msgspec.json.encode(token))


def _metadata_refusal(request: ProviderRequest) -> _Refusal | None:
    if request.method != "GET" or request.header("metadata-flavor") != "Google":
        return _Refusal("invalid_request", "GET with the header Metadata-Flavor: Google.")
    return None


def _grant_refusal(request: ProviderRequest) -> _Refusal | None:
    form = parse_qs(request.body.decode("latin-1"))
    grant = next(iter(form.get("grant_type", ())), "")
    if request.method != "POST" or grant not in _GRANTS:
        return _Refusal("unsupported_grant_type", f"Invalid grant_type: {grant[:80]}")
    if not form.get(_GRANTS[grant]):
        return _Refusal("invalid_request", f"Missing required parameter: {_GRANTS[grant]}")
    return None
