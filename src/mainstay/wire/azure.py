"""Azure OpenAI's door: deployments in the URL under a dated API version, OpenAI's own paths without one.

Source: `AzureOpenAI` of OpenAI's SDK, and the reference of Azure's `/openai/v1` paths.
"""

import re
from urllib.parse import quote

from mainstay.model.catalogue import Upstream
from mainstay.model.http import Headers, Outgoing
from mainstay.wire.platform import Parcel, StreamDecoder

_VERSION_PREFIX = "/v1"
_NEW_ROOT = "/openai/v1"
_OLD_ROOT = "/openai"
_DEPLOYED_PATHS = frozenset(("/chat/completions",))
"""Those whose URL names the deployment; the others find the model in the body."""
_ENTRA_TOKEN_PREFIX = "eyJ"  # noqa: S105 (the beginning of every JSON Web Token)
_API_VERSION = re.compile(r"api-version=", re.IGNORECASE)
_DOTS = re.compile(r"\.{1,2}")


class AzureDoor:
    """`wire.platform.PlatformDoor` of Azure; the key is the resource's, or an access token of Entra ID."""

    def outgoing(self, parcel: Parcel, upstream: Upstream, key: str, wall: float) -> Outgoing:  # noqa: ARG002 (nothing is dated)
        """The caller's query stays; the upstream's API version takes the place of any in it."""
        path, _, query = parcel.path.partition("?")
        url = _url(path.removeprefix(_VERSION_PREFIX), parcel.model, upstream)
        query = _query(query, upstream.api_version)
        headers = parcel.headers
        if key:
            is_token = key.startswith(_ENTRA_TOKEN_PREFIX)
            headers += (("authorization", f"Bearer {key}"),) if is_token else (("api-key", key),)
        return Outgoing(f"{url}?{query}" if query else url, headers, parcel.body)

    def unwrapped(self, status: int, headers: Headers, body: bytes) -> tuple[int, bytes]:  # noqa: ARG002 (no envelope)
        """As they are."""
        return status, body

    def decoder(self, headers: Headers) -> StreamDecoder | None:  # noqa: ARG002 (there is no envelope)
        """None."""
        return None


def _url(path: str, model: str, upstream: Upstream) -> str:
    base = upstream.base_url.rstrip("/")
    if base.endswith(_NEW_ROOT):
        return base + path
    base = base.removesuffix(_OLD_ROOT)
    if not upstream.api_version:
        return base + _NEW_ROOT + path
    if path in _DEPLOYED_PATHS:
        return f"{base}{_OLD_ROOT}/deployments/{_segment(model)}{path}"
    return base + _OLD_ROOT + path


def _segment(name: str) -> str:
    """The name as one segment of a path. Dots alone would climb out of it."""
    return name.replace(".", "%2E") if _DOTS.fullmatch(name) else quote(name, safe="")


def _query(query: str, api_version: str) -> str:
    if not api_version:
        return query
    kept = [pair for pair in query.split("&") if pair and not _API_VERSION.match(pair)]
    return "&".join([f"api-version={quote(api_version, safe='')}", *kept])
