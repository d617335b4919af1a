import pytest
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mainstay.wire.trust.keys import key_from_pem, key_from_seed, key_id, public_key
from tests.wire.trust.makers import key


def test_a_key_is_named_after_its_public_half() -> None:
    assert key().id == key_id(key().x)
    assert key().id != key(2).id
    assert key_from_seed(b"\x01" * 32).id == key().id


def test_a_key_survives_its_file() -> None:
    found = key_from_pem(key().pem())
    assert found is not None
    assert (found.id, found.x, found.pem()) == (key().id, key().x, key().pem())
    assert key().pem().startswith(b"-----BEGIN PRIVATE KEY-----")


@pytest.mark.parametrize("pem", [b"", b"hello", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_file_is_refused(pem: bytes) -> None:
    assert key_from_pem(pem) is None


def test_a_key_on_another_curve_is_refused() -> None:
    other = Ed448PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert key_from_pem(other) is None


def test_a_seed_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32"):
        key_from_seed(b"short")


def test_a_public_half_must_be_one() -> None:
    assert public_key(key().x) is not None
    assert public_key("AAAA") is None
    assert public_key("") is None
    assert public_key("?" * 43) is None


def test_a_key_shows_only_its_id() -> None:
    assert repr(key()) == f"SigningKey({key().id})"
