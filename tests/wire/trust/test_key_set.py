from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import OctKey, OKPKey

from mainstay.wire.trust.key_set import KeySet, plain_name, read_key_set
from tests.wire.trust.foreign_makers import KINDS, all_keys, issuer_key, key_set_text, public
from tests.wire.trust.makers import encoded

UNUSABLE = "its key set has no key that can be used"


def read(*keys: Mapping[str, object]) -> KeySet | str:
    return read_key_set(key_set_text(*keys).encode())


def fits(keys: KeySet | str, key: str, algorithm: str) -> bool:
    assert isinstance(keys, KeySet), keys
    return keys.fitting(key, algorithm) is not None


@pytest.mark.parametrize("algorithm", KINDS)
def test_a_key_serves_the_algorithms_of_its_type_and_no_others(algorithm: str) -> None:
    key = issuer_key("RS256" if algorithm[0] in "RP" and algorithm[1] == "S" else algorithm).kid or ""
    assert fits(all_keys(), key, algorithm)
    for other in ("none", "HS256", "HS512", "ES256K", "Ed448", ""):
        assert not fits(all_keys(), key, other)
    same = {one for one in KINDS if one[0] in "RP" and one[1] == "S"} if key == "rsa" else {algorithm}
    assert {one for one in KINDS if fits(all_keys(), key, one)} == same


def test_a_key_may_say_what_it_is_for() -> None:
    keys = read(public("RS256", alg="RS256"))
    assert fits(keys, "rsa", "RS256")
    assert not fits(keys, "rsa", "PS256")
    assert fits(read(public("Ed25519", alg="EdDSA")), "ed", "Ed25519")
    assert read(public("RS256", use="enc")) == UNUSABLE
    assert read(public("RS256", alg="RSA-OAEP")) == UNUSABLE


def test_a_token_without_a_key_id_is_for_the_only_key_that_fits() -> None:
    assert fits(all_keys(), "", "ES256")
    two = read(public("RS256"), public("RS256", kid="other"))
    assert not fits(two, "", "RS256")
    assert fits(two, "other", "RS256")


def test_two_keys_of_one_name_are_no_key() -> None:
    assert not fits(read(public("RS256"), public("RS256")), "rsa", "RS256")


def test_keys_that_are_not_used_are_left_out() -> None:
    strange: list[Mapping[str, object]] = [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"},
        OctKey.generate_key(256, auto_kid=False).as_dict(),
        OKPKey.generate_key("X25519", auto_kid=False).as_dict(private=False),
        OKPKey.generate_key("Ed448", auto_kid=False).as_dict(private=False),
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "n": "", "e": ""},
        {"kty": "RSA", "n": "!", "e": "AQAB"},
        {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "Ed25519", "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
        {"kty": "RSA", "n": 5, "e": []},
        {"kid": "nothing"},
    ]
    assert read(*strange) == UNUSABLE
    keys = read(*strange, public("ES256"))
    assert isinstance(keys, KeySet)
    assert len(keys) == 1


@pytest.mark.parametrize("bits", [1_024, 2_047, 16_385])
def test_rsa_keys_that_are_too_short_or_too_long_are_left_out(bits: int) -> None:
    modulus = encoded((2 ** (bits - 1) + 1).to_bytes(4_096, "big"))
    assert read({"kty": "RSA", "n": modulus, "e": "AQAB"}) == UNUSABLE


def test_a_private_key_in_a_set_is_used_as_its_public_half() -> None:
    keys = read(issuer_key("ES256").as_dict(private=True))
    assert isinstance(keys, KeySet)
    key = keys.fitting("P-256", "ES256")
    assert key is not None
    assert not key.is_private


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{}", b'{"keys":{}}', b'{"keys":[', b"[" * 100_000, msgspec.json.encode({"keys": [{}] * 101})],
)
def test_what_is_no_key_set_is_refused(data: bytes) -> None:
    assert read_key_set(data) == "what it gave is not a key set of at most 100 keys"


def test_elements_that_are_no_keys_are_left_out() -> None:
    assert read_key_set(b'{"keys":[1,null,"a",[],' + b"[" * 500 + b"]" * 500 + b"]}") == UNUSABLE


@given(st.binary())
def test_no_bytes_break_the_reading(data: bytes) -> None:
    assert isinstance(read_key_set(data), str)


def test_two_names_of_one_algorithm() -> None:
    assert (plain_name("EdDSA"), plain_name("RS256")) == ("Ed25519", "RS256")


def test_a_key_that_is_there_is_known() -> None:
    assert all_keys().has("rsa")
    assert not all_keys().has("")
