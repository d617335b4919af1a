"""Which source a credential asks for: by its platform, its secret text and the environment. Pure.

What is static (an API key, `ID:SECRET`) is not renewed and has no source.
"""

from collections.abc import Mapping

import msgspec

from mainstay.gateway.tokens.aws_container import TASK_SERVICE, ContainerRole
from mainstay.gateway.tokens.aws_instance import METADATA_SERVICE, InstanceRole
from mainstay.gateway.tokens.aws_web_identity import WebIdentity
from mainstay.gateway.tokens.google_accounts import (
    AuthorizedUserFile,
    ServiceAccountFile,
    authorized_user,
    service_account,
)
from mainstay.gateway.tokens.google_external import ExternalAccountFile, external_account
from mainstay.gateway.tokens.google_metadata import METADATA_HOST, GoogleMetadata
from mainstay.gateway.tokens.reading import unsafe, words
from mainstay.gateway.tokens.source import Source, Trouble
from mainstay.model.catalogue import Platform

_CHINA = "cn-"


class _Typed(msgspec.Struct):
    """Every credential file of Google names its type."""

    type: str


def is_renewed(platform: Platform, secret_text: str) -> bool:
    """Whether this secret is exchanged for tokens rather than sent itself. An empty text means "who this machine is",
    which Vertex AI and Bedrock can answer."""
    if platform is Platform.VERTEX:
        return not secret_text or secret_text.startswith("{")
    if platform is Platform.BEDROCK:
        return not secret_text or secret_text.startswith("arn:")
    return False


def source_for(platform: Platform, secret_text: str, environment: Mapping[str, str]) -> Source | str:
    """The source behind a secret that `is_renewed`, or what is wrong with it, in words that hold no secret.

    Vertex AI: Google's credential files (`service_account`, `authorized_user`, `external_account`), or the metadata
    server for an empty text. Bedrock: a role's ARN (taken with AWS_WEB_IDENTITY_TOKEN_FILE), or for an empty text what
    the environment offers: web identity, container credentials, else the machine's metadata service.
    """
    if not is_renewed(platform, secret_text):
        return f"a credential of this kind is not renewed on {platform.value}"
    if platform is Platform.BEDROCK:
        found = _aws(secret_text, environment)
    elif secret_text:
        found = _google_file(secret_text)
    else:
        host = environment.get("GCE_METADATA_HOST") or METADATA_HOST
        found = unsafe(f"http://{host}") or GoogleMetadata(host)
    return found.text if isinstance(found, Trouble) else found


def _google_file(text: str) -> Source | Trouble:
    try:
        kind = msgspec.json.decode(text, type=_Typed).type
        match kind:
            case "service_account":
                return service_account(msgspec.json.decode(text, type=ServiceAccountFile))
            case "authorized_user":
                return authorized_user(msgspec.json.decode(text, type=AuthorizedUserFile))
            case "external_account":
                return external_account(msgspec.json.decode(text, type=ExternalAccountFile))
    except (msgspec.ValidationError, RecursionError) as error:
        return Trouble(f"not a Google credential file: {words(str(error))}")
    except ValueError:
        # The decoder's own message could quote the text.
        return Trouble("not a Google credential file: no JSON")
    return Trouble(
        f"Google credential files of type {words(kind)!r} are not supported; "
        "use service_account, authorized_user or external_account"
    )


def _aws(role: str, environment: Mapping[str, str]) -> Source | Trouble:
    token_file = environment.get("AWS_WEB_IDENTITY_TOKEN_FILE", "")
    role = role or environment.get("AWS_ROLE_ARN", "")
    if role and token_file:
        url = _sts_url(environment)
        return unsafe(url) or WebIdentity(role, token_file, url, environment.get("AWS_ROLE_SESSION_NAME") or "mainstay")
    if role:
        return Trouble(f"the role {words(role)} needs AWS_WEB_IDENTITY_TOKEN_FILE in the environment")
    relative = environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "")
    container = f"{TASK_SERVICE}{relative}" if relative else environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI", "")
    if container:
        return unsafe(container) or ContainerRole(
            container,
            environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", ""),
            environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", ""),
        )
    if environment.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        return Trouble("no AWS credentials: the environment names none, and AWS_EC2_METADATA_DISABLED is set")
    service = (environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or METADATA_SERVICE).rstrip("/")
    return unsafe(service) or InstanceRole(service)


def _sts_url(environment: Mapping[str, str]) -> str:
    """The regional address where a region is known: it does not fall with another region."""
    given = environment.get("AWS_ENDPOINT_URL_STS")
    if given:
        return f"{given.rstrip('/')}/"
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    if not region:
        return "https://sts.amazonaws.com/"
    return f"https://sts.{region}.amazonaws.com{'.cn' if region.startswith(_CHINA) else ''}/"
