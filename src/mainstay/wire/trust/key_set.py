"""The public keys of an issuer of others' tokens (RFC 7517), and what each of them may verify."""

from base64 import urlsafe_b64decode
from typing import Annotated, Final

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from msgspec import Meta

from mainstay.wire.trust.jws import ALGORITHM, SignatureKey

KEYS_MAX: Final = 100
RSA_BITS_MIN: Final = 2_048
RSA_BITS_MAX: Final = 16_384
"""Larger ones would cost more time than a request has."""

RSA_ALGORITHMS: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
CURVE_ALGORITHMS: Final = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
SAME_ALGORITHM: Final = {"EdDSA": ALGORITHM}
"""With a key on this curve both names mean the same (RFC 9864)."""

Parameter = Annotated[str, Meta(max_length=8_192)]


class IssuerKey(msgspec.Struct, frozen=True):
    """A public key, and the algorithms that its type allows."""

    key: SignatureKey
    algorithms: frozenset[str]


class KeySet:
    """The keys of one issuer that can be used."""

    def __init__(self, keys: list[tuple[str, IssuerKey]]) -> None:
        """Each with its id, which is empty where it has none."""
        self._keys = keys

    def fitting(self, key: str, algorithm: str) -> SignatureKey | None:
        """The key with this id that may be used with this algorithm. A token that names no key is for the only one
        that fits, if there is only one."""
        fitting = [one.key for name, one in self._keys if algorithm in one.algorithms and key in {"", name}]
        return fitting[0] if len(fitting) == 1 else None

    def has(self, key: str) -> bool:
        """Whether there is a key with this id."""
        return any(name == key for name, _ in self._keys)

    def __len__(self) -> int:
        return len(self._keys)


class _Key(msgspec.Struct, frozen=True):
    """Those members of a JWK that matter here."""

    kty: Parameter
    kid: Parameter = ""
    alg: Parameter = ""
    use: Parameter = "sig"
    crv: Parameter = ""
    n: Parameter = ""
    e: Parameter = ""
    x: Parameter = ""
    y: Parameter = ""


class _Document(msgspec.Struct, frozen=True):
    keys: Annotated[list[msgspec.Raw], Meta(max_length=KEYS_MAX)]


def read_key_set(data: bytes) -> KeySet | str:
    """Read a key set; a text says why it cannot be used. Keys of a kind that we do not use are left out."""
    try:
        raw = msgspec.json.decode(data, type=_Document).keys
    except (ValueError, RecursionError):
        return f"what it gave is not a key set of at most {KEYS_MAX} keys"
    keys = [found for found in map(_read_key, raw) if found is not None]
    return KeySet(keys) if keys else "its key set has no key that can be used"


def plain_name(algorithm: str) -> str:
    """The algorithm under the one name that is used here."""
    return SAME_ALGORITHM.get(algorithm, algorithm)


def _read_key(raw: msgspec.Raw) -> tuple[str, IssuerKey] | None:
    try:
        jwk = msgspec.json.decode(raw, type=_Key)
        key, algorithms = _imported(jwk)
    except (ValueError, RecursionError, JoseError):
        return None
    if jwk.alg:
        algorithms &= {plain_name(jwk.alg)}
    return (jwk.kid, IssuerKey(key, algorithms)) if jwk.use == "sig" and algorithms else None


def _imported(jwk: _Key) -> tuple[SignatureKey, frozenset[str]]:
    """The key and what its type allows. Raises `ValueError` or `JoseError` for one that cannot be used."""
    match jwk.kty:
        case "RSA":
            bits = int.from_bytes(urlsafe_b64decode(f"{jwk.n}=="), "big").bit_length()
            if not RSA_BITS_MIN <= bits <= RSA_BITS_MAX:
                raise ValueError("too short, or too long to be quick")
            return RSAKey.import_key({"kty": "RSA", "n": jwk.n, "e": jwk.e}), RSA_ALGORITHMS
        case "EC" if jwk.crv in CURVE_ALGORITHMS:
            point = ECKey.import_key({"kty": "EC", "crv": jwk.crv, "x": jwk.x, "y": jwk.y})
            return point, frozenset({CURVE_ALGORITHMS[jwk.crv]})
        case "OKP" if jwk.crv == ALGORITHM:
            return OKPKey.import_key({"kty": "OKP", "crv": jwk.crv, "x": jwk.x}), frozenset({ALGORITHM})
        case _:
            raise ValueError("not of a kind that is used")
