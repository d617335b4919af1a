"""Keys, bundles and tokens for tests; the same every time."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import cache

import msgspec

from mainstay.wire.trust.bundle import Bundle, Trust, read_bundle, sign_bundle
from mainstay.wire.trust.changes import first_bundle, rotated
from mainstay.wire.trust.claims import Claims, token_id
from mainstay.wire.trust.keys import SigningKey, key_from_seed
from mainstay.wire.trust.token import KIND, PREFIX, mint

WALL = 1_772_448_540.0
DAY = 86_400


@cache
def key(number: int = 1) -> SigningKey:
    return key_from_seed(bytes([number]) * 32)


def signed(bundle: Bundle, by: SigningKey) -> Trust:
    """The bundle, signed and read again."""
    found = read_bundle(sign_bundle(bundle, by))
    assert isinstance(found, Trust), found
    return found


def first(number: int = 1, wall: float = WALL) -> Trust:
    return signed(first_bundle(key(number), wall), key(number))


def rotation(trust: Trust, new: int, old: int, wall: float = WALL, *, retire_now: bool = False) -> Trust:
    bundle = rotated(trust.bundle, key(new), key(old), wall, retire_now=retire_now)
    assert isinstance(bundle, Bundle), bundle
    return signed(bundle, key(new))


def renumbered(trust: Trust, serial: int, by: int = 1) -> Trust:
    return signed(msgspec.structs.replace(trust.bundle, serial=serial), key(by))


def claims(number: int = 1, **changes: object) -> Claims:
    """Claims that nothing is wrong with, but for what is changed."""
    good = Claims(
        iss="mainstay",
        jti=token_id(WALL, bytes([number]) * 7),
        sub="ci",
        tenant="acme",
        iat=int(WALL),
        exp=int(WALL) + 30 * DAY,
    )
    return msgspec.structs.replace(good, **changes)


def token(number: int = 1, by: int = 1, **changes: object) -> str:
    return mint(claims(number, **changes), key(by))


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def raw_token(payload: bytes, by: int = 1, *, header: bytes | None = None, prefix: str = PREFIX) -> str:
    """A token with any payload and any header, properly signed over both."""
    if header is None:
        header = msgspec.json.encode({"alg": "Ed25519", "kid": key(by).id, "typ": KIND})
    start = f"{encoded(header)}.{encoded(payload)}"
    signature = key(by)._secret.sign(start.encode())
    return f"{prefix}{start}.{encoded(signature)}"
