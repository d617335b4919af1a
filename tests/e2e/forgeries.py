"""Tokens that are no good, made with the real keys of a state folder where that is what it takes."""

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws
from joserfc.jwk import OctKey

from mainstay.wire.trust.claims import ISSUER, Claims, token_id
from mainstay.wire.trust.jws import sign
from mainstay.wire.trust.keys import SigningKey
from mainstay.wire.trust.token import KIND, PREFIX

DAY = 86_400
_ID = b"forgery"


def claims(**changes: object) -> dict[str, object]:
    """Claims that nothing is wrong with, but for what is changed."""
    now = int(time.time())
    good = Claims(iss=ISSUER, jti=token_id(now, _ID), sub="forger", tenant="acme", iat=now - 5 * DAY, exp=now + 5 * DAY)
    given: dict[str, object] = msgspec.to_builtins(good)
    return given | changes


def signed(payload: bytes, key: SigningKey) -> str:
    """A token with this payload, whatever it is, and a genuine signature."""
    return PREFIX + sign(payload, KIND, key)


def genuine(key: SigningKey, **changes: object) -> str:
    """A token with changed claims and a genuine signature."""
    return signed(msgspec.json.encode(claims(**changes)), key)


def with_header(header: dict[str, object], signature: bytes, payload: bytes | None = None) -> str:
    """A token with any header and any signature."""
    content = msgspec.json.encode(claims()) if payload is None else payload
    return PREFIX + ".".join(_encoded(part) for part in (msgspec.json.encode(header), content, signature))


def forged(good: str, key: SigningKey) -> dict[str, tuple[str, str]]:
    """Tokens that nobody may accept, each with the code of its refusal. `key` is trusted; `good` is a good token of
    another key that is trusted as well."""
    now = int(time.time())
    return {
        "no token of any kind": ("not-a-token", "invalid_token"),
        "a provider's key": ("sk-ant-api03-0123456789", "invalid_token"),
        "its prefix alone": (PREFIX, "invalid_token"),
        "a bit of the signature flipped": (_flipped(good, 2), "invalid_token"),
        "a bit of the claims flipped": (_flipped(good, 1), "invalid_token"),
        "a bit of the key's id flipped": (_flipped(good, 0), "unknown_key"),
        "cut off": (good[:-20], "invalid_token"),
        "without the prefix": (good.removeprefix(PREFIX), "invalid_token"),
        "alg none": (with_header({"alg": "none", "kid": key.id, "typ": KIND}, b""), "invalid_token"),
        "alg none, said to be ours": (_header(key, b""), "invalid_token"),
        "the public key as a password": (_with_public_key_as_secret(key), "invalid_token"),
        "another curve, by its name": (_of_p256(key, "ES256"), "invalid_token"),
        "another curve, said to be ours": (_of_p256(key, "Ed25519"), "invalid_token"),
        "Ed448": (_header(key, Ed448PrivateKey.generate().sign(b"anything")), "invalid_token"),
        "the id of another trusted key": (_swapped_key(good, key), "invalid_token"),
        "a key of its own in the header": (_with_own_key(key), "invalid_token"),
        "expired": (genuine(key, iat=now - 9 * DAY, exp=now - DAY), "expired_token"),
        "issued in the far future": (genuine(key, iat=now + 3650 * DAY, exp=now + 3651 * DAY), "not_yet_valid"),
        "good from tomorrow on": (genuine(key, nbf=now + DAY), "not_yet_valid"),
        "good for ever": (genuine(key, exp=253_402_300_799), "invalid_token"),
        "an end beyond all numbers": (genuine(key, exp=10**30), "invalid_token"),
        "an end that is no number": (signed(_raw(exp="1e999"), key), "invalid_token"),
        "a claim that we do not know": (genuine(key, admin=True), "invalid_token"),
        "SQL in the tenant's name": (genuine(key, tenant="a'; DROP TABLE record; --"), "invalid_token"),
        "control characters in the name": (genuine(key, sub="a\x00b\x1b[2J"), "invalid_token"),
        "a bomb of brackets": (signed(b"[" * 2_900, key), "invalid_token"),
        "a bomb of objects": (signed(b'{"a":' * 580, key), "invalid_token"),
        "40 KB of claims": (genuine(key, models=["m" * 200] * 150), "invalid_token"),
    }


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _flipped(token: str, part: int) -> str:
    """One bit in the middle of this part (0 header, 1 claims, 2 signature) is another one."""
    parts = token.removeprefix(PREFIX).split(".")
    data = bytearray(urlsafe_b64decode(parts[part] + "=" * (-len(parts[part]) % 4)))
    data[len(data) // 2] ^= 1
    parts[part] = _encoded(bytes(data))
    return PREFIX + ".".join(parts)


def _header(key: SigningKey, signature: bytes) -> str:
    return with_header({"alg": "Ed25519", "kid": key.id, "typ": KIND}, signature)


def _with_public_key_as_secret(key: SigningKey) -> str:
    secret = OctKey.import_key(urlsafe_b64decode(key.x + "=" * (-len(key.x) % 4)))
    header = {"alg": "HS256", "kid": key.id, "typ": KIND}
    registry = jws.JWSRegistry(algorithms=["HS256"], strict_check_header=False)
    return PREFIX + jws.serialize_compact(header, msgspec.json.encode(claims()), secret, registry=registry)


def _of_p256(key: SigningKey, algorithm: str) -> str:
    signature = generate_private_key(SECP256R1()).sign(b"anything", ECDSA(SHA256()))
    return with_header({"alg": algorithm, "kid": key.id, "typ": KIND}, signature)


def _swapped_key(good: str, other: SigningKey) -> str:
    _, payload, signature = good.removeprefix(PREFIX).split(".")
    header = msgspec.json.encode({"alg": "Ed25519", "kid": other.id, "typ": KIND})
    return f"{PREFIX}{_encoded(header)}.{payload}.{signature}"


def _with_own_key(key: SigningKey) -> str:
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": key.x}
    return with_header({"alg": "Ed25519", "kid": key.id, "typ": KIND, "jwk": jwk}, b"0" * 64)


def _raw(**numbers: str) -> bytes:
    """Claims in which these numbers stand exactly as they are written here."""
    text = msgspec.json.encode(claims(**dict.fromkeys(numbers, 0))).decode()
    for name, number in numbers.items():
        text = text.replace(f'"{name}":0', f'"{name}":{number}')
    return text.encode()
