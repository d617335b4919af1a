"""Google identities that sign or hold a secret themselves: service account keys and a user's refresh token.

Sources: RFC 7523 and Google's "Using OAuth 2.0 for server to server applications"; RFC 6749, section 6.
"""

from urllib.parse import urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from mainstay.gateway.tokens.reading import access_token, unsafe
from mainstay.gateway.tokens.source import Asking, Discreet, ReadFile, Trouble
from mainstay.model.http import Headers, Outgoing

TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address, no secret
CLOUD_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
FORM: Headers = (("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json"))
ASSERTION_SECONDS = 3_600
"""The longest life that Google accepts of an assertion."""

_OLD_TOKEN_URL = "https://accounts.google.com/o/oauth2/token"  # noqa: S105 - an address, no secret
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class ServiceAccountFile(Discreet, frozen=True):
    """A service account's key file."""

    client_email: str
    private_key: str
    private_key_id: str = ""
    token_uri: str = TOKEN_URL


class AuthorizedUserFile(Discreet, frozen=True):
    """A user's refresh token, as Google's command line tools write it."""

    client_id: str
    client_secret: str
    refresh_token: str
    token_uri: str = TOKEN_URL


class ServiceAccount:
    """Signs an assertion with the account's key and exchanges it for an access token."""

    def __init__(self, file: ServiceAccountFile, key: RSAKey) -> None:
        """`key` is the private key of the file."""
        self._file = file
        self._key = key

    @property
    def identity(self) -> str:
        """See `Source`."""
        return f"service account {self._file.client_email}, key {self._file.private_key_id or 'unnamed'}"

    def ask(self, wall: float, read_file: ReadFile) -> Asking:
        """See `Source`."""
        del read_file
        form = {"grant_type": _JWT_GRANT, "assertion": self.assertion(wall)}
        response = yield Outgoing(self._file.token_uri, FORM, urlencode(form).encode())
        return access_token(response, wall)

    def assertion(self, wall: float) -> str:
        """The signed statement that we are this account."""
        file, issued_at = self._file, int(wall)
        header = {"alg": "RS256", "typ": "JWT"}
        if file.private_key_id:
            header["kid"] = file.private_key_id
        claims = {
            "iss": file.client_email,
            "scope": CLOUD_SCOPE,
            "aud": TOKEN_URL if file.token_uri == _OLD_TOKEN_URL else file.token_uri,
            "iat": issued_at,
            "exp": issued_at + ASSERTION_SECONDS,
        }
        return jwt.encode(header, claims, self._key, algorithms=["RS256"])


class AuthorizedUser:
    """Exchanges a user's refresh token for an access token."""

    def __init__(self, file: AuthorizedUserFile) -> None:
        """Of this file."""
        self._file = file

    @property
    def identity(self) -> str:
        """See `Source`."""
        return f"user of client {self._file.client_id}"

    def ask(self, wall: float, read_file: ReadFile) -> Asking:
        """See `Source`."""
        del read_file
        file = self._file
        form = {
            "grant_type": "refresh_token",
            "client_id": file.client_id,
            "client_secret": file.client_secret,
            "refresh_token": file.refresh_token,
        }
        response = yield Outgoing(file.token_uri, FORM, urlencode(form).encode())
        return access_token(response, wall)


def service_account(file: ServiceAccountFile) -> ServiceAccount | Trouble:
    """The source of a key file, or what is wrong with the file."""
    trouble = unsafe(file.token_uri)
    if trouble is not None:
        return trouble
    try:
        key = RSAKey.import_key(file.private_key)
    except (ValueError, TypeError, JoseError):
        return Trouble("private_key of the service account is not an RSA key in PEM")
    if not key.is_private:
        return Trouble("private_key of the service account holds only a public key")
    return ServiceAccount(file, key)


def authorized_user(file: AuthorizedUserFile) -> AuthorizedUser | Trouble:
    """The source of a user's file, or what is wrong with the file."""
    return unsafe(file.token_uri) or AuthorizedUser(file)
