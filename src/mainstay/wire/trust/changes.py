"""What an operator does to the bundle: begin, rotate keys, take tokens back. Each gives the next bundle, not signed."""

from typing import Final

import msgspec

from mainstay.wire.trust.bundle import (
    KEYS_MAX,
    REVOCATIONS_MAX,
    Bundle,
    RevokedTenant,
    RevokedToken,
    TrustedKey,
)
from mainstay.wire.trust.claims import LEEWAY_SECONDS, LIFETIME_SECONDS_MAX
from mainstay.wire.trust.keys import SigningKey
from mainstay.wire.trust.succession import introduced

OVERLAP_SECONDS: Final = LIFETIME_SECONDS_MAX + LEEWAY_SECONDS
"""So long after its last signature a key may still be asked to verify a token that it signed."""

FULL: Final = (
    f"the list of revocations is full ({REVOCATIONS_MAX}); "
    "`mainstay token keys rotate --retire-now` takes back every token at once and empties it"
)


def first_bundle(key: SigningKey, wall: float) -> Bundle:
    """The bundle to begin with."""
    return Bundle(1, int(wall), (TrustedKey(key.id, key.x, "signing"),))


def rotated(bundle: Bundle, new: SigningKey, old: SigningKey, wall: float, *, retire_now: bool) -> Bundle | str:
    """The bundle after a new key has taken over from `old`, the signing one; a text says why that cannot be.

    Older keys go on verifying until the longest-lived of their tokens could have expired. With `retire_now` they are
    trusted no more, and with them no token that exists: nothing is left to be revoked.
    """
    now = int(wall)
    newest = TrustedKey(new.id, new.x, "signing")
    introductions = introduced(bundle, new, old)
    if retire_now:
        return Bundle(bundle.serial + 1, now, (newest,), introductions=introductions)
    kept = [key for key in bundle.keys if key.status == "verifying" and not _is_over(key.retire_at, now)]
    if len(kept) + 2 > KEYS_MAX:
        first = min(key.retire_at or now for key in kept)
        return (
            f"there are {KEYS_MAX} keys already, and the first of them retires in {(first - now) // 86_400 + 1} days; "
            "wait for it, or use --retire-now, which takes back every token that exists"
        )
    last = bundle.signing_key
    keys = (newest, TrustedKey(last.kid, last.x, "verifying", now + OVERLAP_SECONDS), *kept)
    return msgspec.structs.replace(_next(bundle, now), keys=keys, introductions=introductions)


def without_token(bundle: Bundle, token: str, until: int, wall: float) -> Bundle | str:
    """The bundle after a token (its id) has been taken back; a text says why that cannot be. From `until` on, in
    seconds since 1970, the token would be refused anyway. The same bundle where it was taken back before."""
    if any(one.token == token for one in bundle.revoked):
        return bundle
    following = _next(bundle, int(wall))
    if _count(following) >= REVOCATIONS_MAX:
        return FULL
    return msgspec.structs.replace(following, revoked=(*following.revoked, RevokedToken(token, until)))


def without_tenant(bundle: Bundle, tenant: str, wall: float) -> Bundle | str:
    """The bundle after all tokens that a tenant has now were taken back; a text says why that cannot be.

    Tokens tell when they were issued in whole seconds, so those of the current second are taken back too.
    """
    now = int(wall)
    following = _next(bundle, now)
    others = tuple(one for one in following.revoked_tenants if one.tenant != tenant)
    if len(following.revoked) + len(others) >= REVOCATIONS_MAX:
        return FULL
    entry = RevokedTenant(tenant, now + 1, now + 1 + OVERLAP_SECONDS)
    return msgspec.structs.replace(following, revoked_tenants=(*others, entry))


def issue_at(bundle: Bundle, tenant: str, wall: float) -> int:
    """The `iat` of a new token: now, or the second from which on the tenant's tokens are good again."""
    return max([int(wall), *(one.issued_before for one in bundle.revoked_tenants if one.tenant == tenant)])


def _next(bundle: Bundle, now: int) -> Bundle:
    """The following bundle, without what time has made superfluous."""
    return msgspec.structs.replace(
        bundle,
        serial=bundle.serial + 1,
        issued_at=now,
        keys=tuple(key for key in bundle.keys if not _is_over(key.retire_at, now)),
        revoked=tuple(one for one in bundle.revoked if not _is_over(one.until, now)),
        revoked_tenants=tuple(one for one in bundle.revoked_tenants if not _is_over(one.until, now)),
    )


def _is_over(until: int | None, now: int) -> bool:
    return until is not None and until <= now


def _count(bundle: Bundle) -> int:
    return len(bundle.revoked) + len(bundle.revoked_tenants)
