"""Azure's URLs in front of the OpenAI APIs."""

import re
from urllib.parse import parse_qs, unquote

import msgspec

from mainstay.lab.provider.request import ProviderRequest

_NEW_ROOT = "/openai/v1"
_DATED = re.compile(r"/openai(?:/deployments/(?P<deployment>[^/]+))?(?P<path>/chat/completions|/responses(?:/.*)?)")
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def at_home(request: ProviderRequest) -> ProviderRequest:
    """The request as OpenAI itself would get it; one that is not at Azure's URLs stays as it is.

    Under `/openai/v1` the paths are OpenAI's. Elsewhere a version must be named, and a chat names its deployment.
    """
    if request.path.startswith(f"{_NEW_ROOT}/"):
        return msgspec.structs.replace(request, path=request.path.removeprefix("/openai"))
    found = _DATED.fullmatch(request.path)
    if found is None or not parse_qs(request.query).get("api-version"):
        return request
    is_deployed = found["deployment"] is not None
    if is_deployed != (found["path"] == "/chat/completions"):
        return request
    body = _named(request.body, unquote(found["deployment"])) if is_deployed else request.body
    return msgspec.structs.replace(request, path=f"/v1{found['path']}", body=body)


def _named(body: bytes, deployment: str) -> bytes:
    try:
        fields = _FIELDS.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body
    return msgspec.json.encode({**fields, "model": msgspec.Raw(msgspec.json.encode(deployment))})
