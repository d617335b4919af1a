"""The identity provider's own description and keys, kept on disk: what it said last counts while it is down."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpx
import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from mainstay.config.url import url_address
from mainstay.control.people.fetching import Fetched, IssuerDownError, fetch
from mainstay.control.people.private_files import read_private, write_private

FRESH_SECONDS: Final = 60.0
"""A description that is younger is not asked for again."""
DOWN_SECONDS: Final = 5.0
"""After it did not answer, it is taken to be down for so long: a crowd that wants in must not queue for it."""
KEYS_PAUSE_SECONDS: Final = 30.0
"""Between two looks for a key that is unknown: an unknown key id must not turn us into somebody's load."""
WELL_KNOWN: Final = "/.well-known/openid-configuration"


class IssuerFaultError(Exception):
    """The provider's description or keys are of no use; the text says why, for the operator."""


class Description(msgspec.Struct, frozen=True):
    """What we use of the provider's metadata (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    scopes_supported: tuple[str, ...] = ()


class Kept(msgspec.Struct, frozen=True):
    """The file. `keys` is the key set as the provider wrote it."""

    description: Description
    keys: str


class Issuer:
    """One provider. Its answers are bounded in time and size; what it says is checked before it is kept."""

    def __init__(
        self,
        issuer: str,
        path: Path,
        client: httpx.AsyncClient,
        clock: Callable[[], float],
        report: Callable[[str], None],
    ) -> None:
        """`path` is the file to keep its word in; `clock` a monotonic one; `report` takes a line for the operator."""
        self._issuer = issuer
        self._path = path
        self.client = client
        self._clock = clock
        self._report = report
        self._kept = self._load()
        self._asked_at: float | None = None
        self._keys_asked_at: float | None = None
        self._down_at: float | None = None

    async def description(self) -> Description:
        """Its description, asked for unless it is fresh. An answer that is of no use leaves what was known.

        Raises `IssuerDownError` where it does not answer at all, `IssuerFaultError` where nothing is known of it.
        """
        if self._kept is not None and self._asked_at is not None and self._clock() - self._asked_at < FRESH_SECONDS:
            return self._kept.description
        fetched = await self._fetched(self._issuer.rstrip("/") + WELL_KNOWN)
        try:
            description = self._checked(fetched)
            if self._kept is None or description != self._kept.description:
                self._keep(Kept(description, (await self._fetched_keys(description))))
        except IssuerFaultError as fault:
            if self._kept is None:
                raise
            self._report(f"login: the identity provider's description is of no use ({fault}); its last one counts")
        self._asked_at = self._clock()
        if self._kept is None:
            raise IssuerFaultError("nothing is known of it")
        return self._kept.description

    async def known(self) -> Description:
        """Its last known description, of any age; asked for where there is none. Raises as `description` does."""
        return await self.description() if self._kept is None else self._kept.description

    async def keys(self, key_id: str | None, *, again: bool = False) -> KeySet:
        """Its keys; asked for again where none has this id, or where they are said to be of no use (`again`).

        Raises `IssuerDownError` or `IssuerFaultError`.
        """
        description = await self.known()
        found = self._key_set()
        if again or found is None or (key_id is not None and all(key.kid != key_id for key in found.keys)):
            now = self._clock()
            if self._keys_asked_at is None or now - self._keys_asked_at >= KEYS_PAUSE_SECONDS:
                self._keys_asked_at = now
                self._keep(Kept(description, await self._fetched_keys(description)))
                found = self._key_set()
        if found is None:
            raise IssuerFaultError("it publishes no usable key")
        return found

    def _key_set(self) -> KeySet | None:
        return None if self._kept is None else _key_set(self._kept.keys)

    async def _fetched_keys(self, description: Description) -> str:
        fetched = await self._fetched(description.jwks_uri)
        text = fetched.body.decode("utf-8", "replace")
        if not fetched.is_success or _key_set(text) is None:
            raise IssuerFaultError(f"{description.jwks_uri} answers {fetched.status} and no key set")
        return text

    async def _fetched(self, url: str) -> Fetched:
        if self._down_at is not None and self._clock() - self._down_at < DOWN_SECONDS:
            raise IssuerDownError("it did not answer a moment ago")
        try:
            return await fetch(self.client, url)
        except IssuerDownError as error:
            self._down_at = self._clock()
            self._report(f"login: nobody can log in through the identity provider: {error}")
            raise

    def _checked(self, fetched: Fetched) -> Description:
        if not fetched.is_success:
            raise IssuerFaultError(f"{self._issuer}{WELL_KNOWN} answers {fetched.status}")
        try:
            description = msgspec.json.decode(fetched.body, type=Description)
        except (ValueError, RecursionError) as error:
            raise IssuerFaultError(f"{self._issuer}{WELL_KNOWN} answers something that is no description") from error
        if description.issuer.rstrip("/") != self._issuer.rstrip("/"):
            raise IssuerFaultError("it calls itself by another name than `control.login.issuer`")
        for url in (description.authorization_endpoint, description.token_endpoint, description.jwks_uri):
            if not _is_trustworthy(url):
                raise IssuerFaultError("one of its addresses is no https URL")
        return description

    def _keep(self, kept: Kept) -> None:
        self._kept = kept
        try:
            write_private(self._path, msgspec.json.encode(kept))
        except OSError as error:
            self._report(f"login: {self._path} cannot be written: {error.strerror or error}")

    def _load(self) -> Kept | None:
        try:
            kept = msgspec.json.decode(read_private(self._path), type=Kept)
        except (OSError, ValueError, RecursionError):
            return None
        is_ours = kept.description.issuer.rstrip("/") == self._issuer.rstrip("/")
        return kept if is_ours and _key_set(kept.keys) is not None else None


def _key_set(text: str) -> KeySet | None:
    try:
        found = KeySet.import_key_set(json.loads(text))
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return found if found.keys else None


def _is_trustworthy(url: str) -> bool:
    address = url_address(url)
    if address is None or not url.isascii() or not url.isprintable() or " " in url:
        return False
    return url.lower().startswith("https:") or address.is_loopback
