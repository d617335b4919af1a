import msgspec

from mainstay.wire.trust.bundle import KEYS_MAX, REVOCATIONS_MAX, Bundle, RevokedToken
from mainstay.wire.trust.changes import (
    FULL,
    OVERLAP_SECONDS,
    first_bundle,
    issue_at,
    rotated,
    without_tenant,
    without_token,
)
from mainstay.wire.trust.claims import token_id
from mainstay.wire.trust.keys import SigningKey
from tests.wire.trust.makers import DAY, WALL, claims, first, key, signed

NOW = int(WALL)


def after(bundle: Bundle | str) -> Bundle:
    assert isinstance(bundle, Bundle), bundle
    return bundle


def turned(bundle: Bundle, new: SigningKey, old: SigningKey, wall: float = WALL) -> Bundle:
    return after(rotated(bundle, new, old, wall, retire_now=False))


def full() -> Bundle:
    revoked = tuple(RevokedToken(token_id(WALL + n, bytes(7)), NOW + DAY) for n in range(REVOCATIONS_MAX))
    return msgspec.structs.replace(first().bundle, revoked=revoked)


def test_the_first_bundle_has_one_key_that_signs() -> None:
    bundle = first_bundle(key(), WALL)
    assert (bundle.serial, bundle.issued_at, bundle.signing_key.kid) == (1, NOW, key().id)
    assert signed(bundle, key()).bundle == bundle


def test_after_a_rotation_the_old_key_verifies_as_long_as_its_tokens_can_live() -> None:
    bundle = turned(first().bundle, key(2), key(1))
    assert bundle.serial == 2
    assert bundle.signing_key.kid == key(2).id
    assert [(one.kid, one.retire_at) for one in bundle.keys[1:]] == [(key(1).id, NOW + OVERLAP_SECONDS)]
    assert claims(exp=NOW + 400 * DAY).ends_at <= NOW + OVERLAP_SECONDS


def test_keys_that_have_retired_are_dropped() -> None:
    bundle = turned(first().bundle, key(2), key(1))
    early = turned(bundle, key(3), key(2), WALL + OVERLAP_SECONDS - 1)
    late = turned(bundle, key(3), key(2), WALL + OVERLAP_SECONDS)
    assert [one.kid for one in early.keys] == [key(3).id, key(2).id, key(1).id]
    assert [one.kid for one in late.keys] == [key(3).id, key(2).id]


def test_a_rotation_can_end_all_older_keys_and_the_revocations_with_them() -> None:
    before = after(without_token(turned(first().bundle, key(2), key(1)), claims().jti, NOW + DAY, WALL))
    bundle = after(rotated(before, key(3), key(2), WALL, retire_now=True))
    assert [one.kid for one in bundle.keys] == [key(3).id]
    assert (bundle.revoked, bundle.revoked_tenants) == ((), ())
    assert bundle.serial == before.serial + 1


def test_keys_are_bounded() -> None:
    bundle = first().bundle
    for number in range(2, KEYS_MAX + 1):
        bundle = turned(bundle, key(number), key(number - 1))
    assert len(bundle.keys) == KEYS_MAX
    refused = rotated(bundle, key(50), key(KEYS_MAX), WALL, retire_now=False)
    assert isinstance(refused, str)
    assert "401 days" in refused
    assert len(after(rotated(bundle, key(50), key(KEYS_MAX), WALL, retire_now=True)).keys) == 1


def test_a_revoked_token_is_listed_once() -> None:
    once = after(without_token(first().bundle, claims().jti, NOW + DAY, WALL))
    assert once.serial == 2
    assert without_token(once, claims().jti, NOW + DAY, WALL) is once


def test_revocations_that_time_has_made_superfluous_are_dropped() -> None:
    bundle = after(without_token(first().bundle, claims(1).jti, NOW + DAY, WALL))
    bundle = after(without_tenant(bundle, "acme", WALL))
    kept = after(without_token(bundle, claims(2).jti, NOW + 2 * DAY, WALL + DAY - 1))
    assert [one.token for one in kept.revoked] == [claims(1).jti, claims(2).jti]
    later = after(without_token(bundle, claims(2).jti, NOW + 2 * DAY, WALL + DAY))
    assert [one.token for one in later.revoked] == [claims(2).jti]
    assert len(later.revoked_tenants) == 1
    much_later = after(without_token(bundle, claims(2).jti, NOW + 500 * DAY, WALL + OVERLAP_SECONDS + 1))
    assert much_later.revoked_tenants == ()


def test_a_full_list_refuses_and_says_what_to_do() -> None:
    assert without_token(full(), claims().jti, NOW + DAY, WALL) == FULL
    assert without_tenant(full(), "acme", WALL) == FULL
    assert "--retire-now" in FULL
    assert len(after(without_token(full(), claims().jti, NOW + 2 * DAY, WALL + DAY)).revoked) == 1


def test_a_tenant_is_listed_once_with_the_latest_instant() -> None:
    bundle = after(without_tenant(after(without_tenant(first().bundle, "acme", WALL)), "acme", WALL + 10))
    assert [(one.tenant, one.issued_before) for one in bundle.revoked_tenants] == [("acme", NOW + 11)]


def test_a_token_that_is_minted_in_the_second_of_the_revocation_is_good() -> None:
    trust = signed(after(without_tenant(first().bundle, "acme", WALL)), key())
    assert trust.is_revoked(claims(iat=NOW))
    assert not trust.is_revoked(claims(iat=issue_at(trust.bundle, "acme", WALL)))
    assert issue_at(trust.bundle, "globex", WALL) == NOW
