"""The trust bundle: the one signed document that says which keys sign tokens and which tokens are taken back."""

from math import inf
from typing import Annotated, Final, Literal

import msgspec
from joserfc.jwk import OKPKey
from msgspec import Meta

from mainstay.wire.trust.claims import Claims, Instant, Name, TokenId
from mainstay.wire.trust.jws import Signed, is_signed_by, read_signed, sign
from mainstay.wire.trust.keys import SigningKey, key_id, public_key

KIND: Final = "mainstay-trust+jws"
KEYS_MAX: Final = 16
REVOCATIONS_MAX: Final = 10_000
"""Of tokens and tenants together."""
INTRODUCTIONS_MAX: Final = 16
BUNDLE_CHARACTERS_MAX: Final = 2_097_152

KeyId = Annotated[str, Meta(pattern=r"\Akey_[0-9a-f]{24}\Z")]
PublicHalf = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{43}\Z")]
Introduction = Annotated[str, Meta(max_length=1_024)]


class TrustedKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A public key. One signs; the others verify what they have signed, until `retire_at`."""

    kid: KeyId
    x: PublicHalf
    status: Literal["signing", "verifying"]
    retire_at: Instant | None = None


class RevokedToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A token that is taken back; forgotten at `until`, when it has expired anyway."""

    token: TokenId
    until: Instant


class RevokedTenant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All tokens of a tenant that were issued before an instant are taken back."""

    tenant: Name
    issued_before: Instant
    until: Instant


class Bundle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is trusted. Of two bundles the one with the greater serial number counts.

    Each of the `introductions` is a statement of an older key that names a younger one: by them a gateway that has
    missed some bundles can tell that the newest one descends from the one it knows.
    """

    serial: Annotated[int, Meta(ge=1, le=9_007_199_254_740_991)]
    issued_at: Instant
    keys: Annotated[tuple[TrustedKey, ...], Meta(min_length=1, max_length=KEYS_MAX)]
    revoked: Annotated[tuple[RevokedToken, ...], Meta(max_length=REVOCATIONS_MAX)] = ()
    revoked_tenants: Annotated[tuple[RevokedTenant, ...], Meta(max_length=REVOCATIONS_MAX)] = ()
    introductions: Annotated[tuple[Introduction, ...], Meta(max_length=INTRODUCTIONS_MAX)] = ()

    @property
    def signing_key(self) -> TrustedKey:
        """The key that signs."""
        return next(key for key in self.keys if key.status == "signing")


class Trust:
    """A bundle that is trusted, made ready for look-ups."""

    def __init__(self, bundle: Bundle, text: str) -> None:
        """`text` is the signed form of the bundle."""
        self.bundle = bundle
        self.text = text
        self.serial = bundle.serial
        self._keys = {key.kid: (public_key(key.x), key.retire_at or inf) for key in bundle.keys}
        self._revoked = {one.token for one in bundle.revoked}
        self._tenants = {one.tenant: one.issued_before for one in bundle.revoked_tenants}

    def key(self, key: str, wall: float) -> OKPKey | None:
        """The public key with this id; `None` for one that is unknown or retired."""
        public, retire_at = self._keys.get(key, (None, 0.0))
        return public if wall < retire_at else None

    def retires_at(self, key: str) -> float:
        """When a key retires; long ago for one that is unknown."""
        return self._keys.get(key, (None, 0.0))[1]

    def is_revoked(self, claims: Claims) -> bool:
        """Whether the token with these claims is taken back."""
        return self.is_taken_back(claims.jti, claims.tenant, claims.iat)

    def is_taken_back(self, token: str, tenant: str, issued_at: int) -> bool:
        """The same for a token of which no more is known: its id, its tenant, and when it was issued."""
        return token in self._revoked or issued_at < self._tenants.get(tenant, 0)


def read_bundle(text: str) -> Trust | str:
    """Read a bundle that is whole, consistent and signed by its own signing key; a text says what is wrong with it.

    That does not make it trustworthy: it is so because it lies in our own state folder, or because it descends from
    one that does (`succession.successor`).
    """
    document = read_signed(text, KIND, BUNDLE_CHARACTERS_MAX)
    if document is None:
        return "it is no trust bundle, or was damaged on its way"
    try:
        bundle = msgspec.json.decode(document.payload, type=Bundle)
    except (ValueError, RecursionError):
        return "its content is not that of a trust bundle of this version"
    return _problem(bundle, document) or Trust(bundle, text)


def sign_bundle(bundle: Bundle, key: SigningKey) -> str:
    """The signed form of a bundle. `key` is its signing key."""
    return sign(msgspec.json.encode(bundle), KIND, key)


def _problem(bundle: Bundle, document: Signed) -> str | None:
    problem = _key_problem(bundle.keys)
    if problem is not None:
        return problem
    if len(bundle.revoked) + len(bundle.revoked_tenants) > REVOCATIONS_MAX:
        return f"it has more than {REVOCATIONS_MAX} revocations"
    signing = bundle.signing_key
    public = public_key(signing.x)
    if document.key != signing.kid or public is None or not is_signed_by(document, public):
        return "its signature is not genuine"
    return None


def _key_problem(keys: tuple[TrustedKey, ...]) -> str | None:
    if len({key.kid for key in keys}) != len(keys):
        return "it names a key twice"
    if any(key.kid != key_id(key.x) or public_key(key.x) is None for key in keys):
        return "one of its keys is not the one that it is named after"
    if any((key.status == "signing") != (key.retire_at is None) for key in keys):
        return "the keys that verify must have a time to retire, and the one that signs must have none"
    if sum(key.status == "signing" for key in keys) != 1:
        return "it must have exactly one signing key"
    return None
