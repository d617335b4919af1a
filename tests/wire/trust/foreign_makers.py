"""An issuer of others' tokens, played by hand."""

from collections.abc import Mapping
from functools import cache

import msgspec
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from mainstay.wire.trust.key_set import KeySet, read_key_set
from tests.wire.trust.makers import WALL

ISSUER = "https://login.example"
KINDS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
"""The algorithms that are accepted; `EdDSA` is another name of the last."""


@cache
def issuer_key(algorithm: str, number: int = 1) -> RSAKey | ECKey | OKPKey:
    """A private key for this algorithm. Its id is that of the key's type."""
    del number
    match algorithm[:2]:
        case "RS" | "PS":
            return RSAKey.generate_key(2048, {"kid": "rsa"}, auto_kid=False)
        case "ES":
            curve = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}[algorithm]
            return ECKey.generate_key(curve, {"kid": curve}, auto_kid=False)
        case _:
            return OKPKey.generate_key("Ed25519", {"kid": "ed"}, auto_kid=False)


def public(algorithm: str, **changes: str) -> dict[str, object]:
    return {**issuer_key(_family(algorithm)).as_dict(private=False), **changes}


def key_set_text(*keys: Mapping[str, object]) -> str:
    return msgspec.json.encode({"keys": list(keys)}).decode()


@cache
def all_keys() -> KeySet:
    found = read_key_set(
        key_set_text(*(public(one) for one in ("RS256", "ES256", "ES384", "ES512", "Ed25519"))).encode()
    )
    assert isinstance(found, KeySet)
    return found


def good_claims(**changes: object) -> dict[str, object]:
    claims: dict[str, object] = {
        "iss": ISSUER,
        "aud": "mainstay",
        "sub": "robot@acme",
        "iat": WALL,
        "exp": WALL + 3_600,
        "team": "acme",
    }
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}


def jwt(algorithm: str = "RS256", header: Mapping[str, object] | None = None, **changes: object) -> str:
    """A token of the issuer, with changes to its claims (`None` leaves one out) or its header."""
    return jwt_of(msgspec.json.encode(good_claims(**changes)), algorithm, header)


def jwt_of(payload: bytes, algorithm: str = "RS256", header: Mapping[str, object] | None = None) -> str:
    key = issuer_key(_family(algorithm))
    return signed_with(key, payload, {"alg": algorithm, "kid": key.kid or "", "typ": "JWT", **(header or {})})


def signed_with(key: RSAKey | ECKey | OKPKey | OctKey, payload: bytes, header: Mapping[str, object]) -> str:
    registry = jws.JWSRegistry(algorithms=[str(header["alg"])], strict_check_header=False)
    return jws.serialize_compact(dict(header), payload, key, registry=registry)


def _family(algorithm: str) -> str:
    """All RSA algorithms share a key."""
    return "RS256" if algorithm[:2] in {"RS", "PS"} else algorithm.replace("EdDSA", "Ed25519")
