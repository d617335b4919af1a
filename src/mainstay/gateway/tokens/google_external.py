"""Google workload identity federation: a token of another issuer, from a file or a URL, is exchanged for Google's, and
that one perhaps for a service account's.

Sources: RFC 8693; Google's "Workload identity federation" (AIP-4117) and `generateAccessToken` of IAM credentials.
"""

from base64 import b64encode
from collections.abc import Generator
from typing import Literal
from urllib.parse import quote, urlencode

import msgspec

from mainstay.gateway.tokens.google_accounts import CLOUD_SCOPE, FORM
from mainstay.gateway.tokens.reading import (
    OK,
    TOKEN_CHARACTERS_MAX,
    access_token,
    instant,
    refusal,
    token,
    unsafe,
)
from mainstay.gateway.tokens.source import Asking, Discreet, ReadFile, Response, Token, Trouble
from mainstay.model.http import Headers, Outgoing

STS_URL = "https://sts.googleapis.com/v1/token"
IMPERSONATION_SECONDS = 3_600

_EXCHANGE_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
_ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a type's name, no secret
_WORKFORCE = "//iam.googleapis.com/locations/"


class SubjectFormat(msgspec.Struct, frozen=True):
    """How the other issuer's token is written: as it is, or in a field of a JSON object."""

    type: Literal["text", "json"] = "text"
    subject_token_field_name: str = ""


class CredentialSource(Discreet, frozen=True):
    """Where the other issuer's token is: in a file or behind a URL."""

    file: str = ""
    url: str = ""
    headers: dict[str, str] | None = None
    format: SubjectFormat = SubjectFormat()
    environment_id: str = ""
    executable: msgspec.Raw = msgspec.Raw()
    certificate: msgspec.Raw = msgspec.Raw()


class Impersonation(msgspec.Struct, frozen=True):
    """How long a service account's token shall live, in seconds."""

    token_lifetime_seconds: int = IMPERSONATION_SECONDS


class ExternalAccountFile(Discreet, frozen=True):
    """The configuration file of a federated identity."""

    audience: str
    subject_token_type: str
    credential_source: CredentialSource
    token_url: str = STS_URL
    service_account_impersonation_url: str = ""
    service_account_impersonation: Impersonation = Impersonation()
    client_id: str = ""
    client_secret: str = ""
    workforce_pool_user_project: str = ""


class _Impersonated(msgspec.Struct, rename="camel"):
    """Answer of `generateAccessToken`."""

    access_token: str
    expire_time: str


class ExternalAccount:
    """Exchanges a subject token for an access token."""

    def __init__(self, file: ExternalAccountFile) -> None:
        """Of a file that `external_account` has found good."""
        self._file = file

    @property
    def identity(self) -> str:
        """See `Source`."""
        account = self._file.service_account_impersonation_url.rpartition("/")[2].partition(":")[0]
        return f"federated identity {self._file.audience}{f' as {account}' if account else ''}"

    def ask(self, wall: float, read_file: ReadFile) -> Asking:
        """See `Source`."""
        subject = yield from self._subject_token(read_file)
        if isinstance(subject, Trouble):
            return subject
        federated = access_token((yield self._exchange(subject)), wall)
        if isinstance(federated, Trouble) or not self._file.service_account_impersonation_url:
            return federated
        return _impersonated((yield self._impersonation(federated.value)), wall)

    def _subject_token(self, read_file: ReadFile) -> Generator[Outgoing, Response, str | Trouble]:
        place = self._file.credential_source
        if place.file:
            content = read_file(place.file)
        else:
            headers: Headers = tuple((name.lower(), value) for name, value in (place.headers or {}).items())
            response = yield Outgoing(place.url, headers, b"", "GET")
            if response.status != OK:
                return refusal(response)
            content = response.body.decode("utf-8", "replace").strip()
        return content if isinstance(content, Trouble) else _subject(content, place.format)

    def _exchange(self, subject: str) -> Outgoing:
        file = self._file
        form = {
            "grant_type": _EXCHANGE_GRANT,
            "audience": file.audience,
            "scope": CLOUD_SCOPE,
            "requested_token_type": _ACCESS_TOKEN_TYPE,
            "subject_token": subject,
            "subject_token_type": file.subject_token_type,
        }
        headers = FORM
        if file.client_id:
            user = f"{quote(file.client_id, safe='')}:{quote(file.client_secret, safe='')}"
            headers = (*FORM, ("authorization", f"Basic {b64encode(user.encode()).decode()}"))
        elif file.workforce_pool_user_project:
            options = msgspec.json.encode({"userProject": file.workforce_pool_user_project})
            form["options"] = quote(options)
        return Outgoing(file.token_url, headers, urlencode(form).encode())

    def _impersonation(self, federated: str) -> Outgoing:
        file = self._file
        life_seconds = file.service_account_impersonation.token_lifetime_seconds
        body = {"delegates": [], "scope": [CLOUD_SCOPE], "lifetime": f"{life_seconds}s"}
        headers = (("content-type", "application/json"), ("authorization", f"Bearer {federated}"))
        return Outgoing(file.service_account_impersonation_url, headers, msgspec.json.encode(body))


def external_account(file: ExternalAccountFile) -> ExternalAccount | Trouble:
    """The source of a federated identity, or what is wrong with its file."""
    place = file.credential_source
    unsupported = [
        name
        for name, given in (
            ("environment_id", place.environment_id),
            ("executable", bytes(place.executable)),
            ("certificate", bytes(place.certificate)),
        )
        if given
    ]
    if unsupported:
        return Trouble(f"credential_source.{unsupported[0]} is not supported; use credential_source.file or .url")
    if bool(place.file) == bool(place.url):
        return Trouble("credential_source must have either file or url")
    if place.format.type == "json" and not place.format.subject_token_field_name:
        return Trouble("credential_source.format must name subject_token_field_name")
    if file.workforce_pool_user_project and not file.audience.startswith(_WORKFORCE):
        return Trouble("workforce_pool_user_project is for workforce pools alone")
    addresses = (file.token_url, place.url, file.service_account_impersonation_url)
    troubles = [trouble for trouble in map(unsafe, filter(None, addresses)) if trouble is not None]
    return troubles[0] if troubles else ExternalAccount(file)


def _subject(content: str, form: SubjectFormat) -> str | Trouble:
    if form.type == "json":
        try:
            fields = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
            content = msgspec.json.decode(fields[form.subject_token_field_name], type=str)
        except (ValueError, KeyError, RecursionError):
            return Trouble(f"the subject token is not in the field {form.subject_token_field_name!r} of a JSON object")
    return content if 0 < len(content) <= TOKEN_CHARACTERS_MAX else Trouble("the subject token is empty or too long")


def _impersonated(response: Response, wall: float) -> Token | Trouble:
    if response.status != OK:
        return refusal(response)
    try:
        answer = msgspec.json.decode(response.body, type=_Impersonated)
    except (ValueError, RecursionError):
        return Trouble("the identity service answered 200 without a token that can be read")
    expires_at = instant(answer.expire_time)
    if expires_at is None:
        return Trouble("the identity service does not say in RFC 3339 when the token expires")
    return token(answer.access_token, expires_at, wall)
