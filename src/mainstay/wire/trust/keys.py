"""Keys of ours: Ed25519, named after themselves."""

from base64 import urlsafe_b64encode
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from mainstay.wire.digest import digest

SEED_BYTES: Final = 32
_ID_CHARACTERS: Final = 24


class SigningKey:
    """A private key. `x` is the public half as a JWK has it; the id is a digest of it, so that no two keys share one.

    Nothing about it shows the private half.
    """

    __slots__ = ("_secret", "id", "private", "x")

    def __init__(self, secret: Ed25519PrivateKey) -> None:
        """Of this private key."""
        public = secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.x = urlsafe_b64encode(public).rstrip(b"=").decode()
        self.id = key_id(self.x)
        self.private = OKPKey.import_key(self._pem(secret))
        self._secret = secret

    def __repr__(self) -> str:
        """Show the id only."""
        return f"SigningKey({self.id})"

    def pem(self) -> bytes:
        """The private key in PEM (PKCS #8), not encrypted."""
        return self._pem(self._secret)

    @staticmethod
    def _pem(secret: Ed25519PrivateKey) -> bytes:
        return secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def key_id(x: str) -> str:
    """The id of the key with this public half."""
    return f"key_{digest(x, _ID_CHARACTERS)}"


def key_from_seed(seed: bytes) -> SigningKey:
    """The key that these 32 random bytes are. Raises `ValueError` for any other number of bytes."""
    return SigningKey(Ed25519PrivateKey.from_private_bytes(seed))


def key_from_pem(pem: bytes) -> SigningKey | None:
    """The key in a file that `SigningKey.pem` wrote; `None` where it is none."""
    try:
        secret = load_pem_private_key(pem, None)
    except (ValueError, TypeError):
        return None
    return SigningKey(secret) if isinstance(secret, Ed25519PrivateKey) else None


def public_key(x: str) -> OKPKey | None:
    """The public key with this `x`; `None` where there is none."""
    try:
        return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": x})
    except (JoseError, ValueError):
        return None
