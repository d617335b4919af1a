import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.wire.trust.bundle import (
    BUNDLE_CHARACTERS_MAX,
    KIND,
    REVOCATIONS_MAX,
    Bundle,
    RevokedTenant,
    RevokedToken,
    Trust,
    TrustedKey,
    read_bundle,
    sign_bundle,
)
from mainstay.wire.trust.claims import token_id
from mainstay.wire.trust.jws import sign
from mainstay.wire.trust.keys import SigningKey
from tests.wire.trust.makers import DAY, WALL, claims, encoded, first, key, rotation

SIGNING = TrustedKey(key().id, key().x, "signing")


def problem(bundle: Bundle, by: SigningKey | None = None) -> str | None:
    found = read_bundle(sign_bundle(bundle, by or key()))
    return found if isinstance(found, str) else None


def of(*keys: TrustedKey) -> Bundle:
    return Bundle(1, int(WALL), keys)


def tokens(count: int) -> tuple[RevokedToken, ...]:
    return tuple(RevokedToken(token_id(WALL + number, bytes(7)), int(WALL) + DAY) for number in range(count))


def test_a_bundle_survives_its_signed_form() -> None:
    trust = first()
    assert trust.serial == 1
    assert trust.bundle.keys == (SIGNING,)
    assert read_bundle(trust.text) is not trust


def test_keys_are_found_until_they_retire() -> None:
    trust = rotation(first(), 2, 1)
    end = trust.retires_at(key(1).id)
    assert trust.key(key(1).id, end - 1) is not None
    assert trust.key(key(1).id, end) is None
    assert trust.key(key(2).id, end) is not None
    assert trust.key("key_unknown", 0.0) is None


def test_a_token_is_revoked_by_its_id_or_with_all_earlier_ones_of_its_tenant() -> None:
    bundle = msgspec.structs.replace(
        of(SIGNING),
        revoked=(RevokedToken(claims(1).jti, 2_000_000_000),),
        revoked_tenants=(RevokedTenant("globex", int(WALL), 2_000_000_000),),
    )
    trust = Trust(bundle, "")
    assert trust.is_revoked(claims(1))
    assert not trust.is_revoked(claims(2))
    assert trust.is_revoked(claims(2, tenant="globex", iat=int(WALL) - 1))
    assert not trust.is_revoked(claims(2, tenant="globex", iat=int(WALL)))


def test_a_bundle_must_be_signed_by_its_own_signing_key() -> None:
    genuine = "its signature is not genuine"
    assert problem(of(SIGNING), key(2)) == genuine
    old = TrustedKey(key(2).id, key(2).x, "verifying", int(WALL))
    assert problem(of(SIGNING, old)) is None
    assert problem(of(SIGNING, old), key(2)) == genuine


@pytest.mark.parametrize(
    "keys",
    [
        (SIGNING, SIGNING),
        (SIGNING, TrustedKey(key(2).id, key(2).x, "signing")),
        (TrustedKey(key().id, key().x, "verifying", 2_000_000_000),),
        (SIGNING, TrustedKey(key(2).id, key(3).x, "verifying", 2_000_000_000)),
        (TrustedKey(key().id, key().x, "signing", 2_000_000_000),),
        (SIGNING, TrustedKey(key(2).id, key(2).x, "verifying")),
    ],
    ids=["twice", "two signing", "none signing", "swapped", "signing key retires", "verifying key never retires"],
)
def test_keys_that_contradict_each_other_are_refused(keys: tuple[TrustedKey, ...]) -> None:
    assert problem(of(*keys)) is not None


def test_revocations_are_bounded_all_together() -> None:
    tenants = tuple(RevokedTenant(f"t{number}", 1, 2) for number in range(1))
    full = msgspec.structs.replace(of(SIGNING), revoked=tokens(REVOCATIONS_MAX))
    assert problem(full) is None
    assert problem(msgspec.structs.replace(full, revoked_tenants=tenants)) == "it has more than 10000 revocations"
    assert problem(msgspec.structs.replace(full, revoked=tokens(REVOCATIONS_MAX + 1))) is not None


def test_the_fullest_bundle_fits() -> None:
    names = tuple(RevokedTenant(f"{number:064}", int(WALL), int(WALL)) for number in range(REVOCATIONS_MAX))
    assert len(sign_bundle(msgspec.structs.replace(of(SIGNING), revoked_tenants=names), key())) < BUNDLE_CHARACTERS_MAX


@pytest.mark.parametrize(
    "payload",
    [
        b"{}",
        b"[]",
        b'{"serial":0,"issued_at":1,"keys":[]}',
        b'{"serial":1e3,"issued_at":1,"keys":[]}',
        b'{"serial":1,"issued_at":1,"keys":[],"admin":true}',
        b"[" * 100_000,
        b'{"serial":' * 50_000,
    ],
)
def test_a_payload_of_another_kind_is_refused(payload: bytes) -> None:
    assert read_bundle(sign(payload, KIND, key())) == "its content is not that of a trust bundle of this version"


@pytest.mark.parametrize("kind", ["mainstay+jwt", "mainstay-key+jws"])
def test_a_document_of_another_kind_is_no_bundle(kind: str) -> None:
    text = sign(msgspec.json.encode(of(SIGNING)), kind, key())
    assert read_bundle(text) == "it is no trust bundle, or was damaged on its way"


@given(st.text())
def test_no_text_breaks_the_reading(text: str) -> None:
    assert isinstance(read_bundle(text), str)


@given(st.data())
def test_a_bundle_that_was_altered_or_torn_is_refused(data: st.DataObject) -> None:
    text = first().text
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("AZaz09-_."))
    altered = data.draw(st.sampled_from([text[:place], text[:place] + letter + text[place + 1 :]]))
    assert altered == text or isinstance(read_bundle(altered), str)


def test_unsigned_content_is_refused() -> None:
    header = msgspec.json.encode({"alg": "none", "kid": key().id, "typ": KIND})
    assert isinstance(read_bundle(f"{encoded(header)}.{encoded(msgspec.json.encode(of(SIGNING)))}."), str)
