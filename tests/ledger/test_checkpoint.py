import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import OctKey, OKPKey

from mainstay.ledger.checkpoint import STATEMENT_CHARACTERS_MAX, TYPE, Checkpoint, SigningKey, sign, verified
from mainstay.ledger.errors import ForgedCheckpointError, UnknownKeyError

OURS = SigningKey("ck_1", OKPKey.generate_key("Ed25519"))
FOREIGN = SigningKey("ck_1", OKPKey.generate_key("Ed25519"))
KEYS = {"ck_1": OURS.key}
CHECKPOINT = Checkpoint("ch_1", 7, "ab" * 32, 5_000.25, "g", "cd" * 32)
STATEMENT = sign(CHECKPOINT, OURS)


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def with_header(header: dict[str, object], key: object = OURS.key, algorithms: list[str] | None = None) -> str:
    registry = jws.JWSRegistry(algorithms=algorithms or ["Ed25519"])
    return jws.serialize_compact(header, msgspec.json.encode(CHECKPOINT), key, registry=registry)  # type: ignore[arg-type]


def test_what_was_signed_comes_back() -> None:
    assert verified(STATEMENT, KEYS) == CHECKPOINT


def test_what_we_sign_is_byte_for_byte_what_the_library_signs() -> None:
    assert with_header({"alg": "Ed25519", "kid": "ck_1", "typ": TYPE}) == STATEMENT


def test_a_statement_fits_into_a_line_and_a_head() -> None:
    longest = Checkpoint("ch_" + "f" * 24, 2**63 - 1, "f" * 64, 1_763_812_800.123, "f" * 16, "f" * 64)
    statement = sign(longest, SigningKey("ck_" + "f" * 16, OURS.key))
    assert statement.isascii()
    assert statement.isprintable()
    assert len(statement) < 1_000


def test_a_private_key_is_never_shown() -> None:
    assert repr(OURS) == str(OURS) == "SigningKey('ck_1')"


@given(place=st.integers(0, len(STATEMENT) - 1), mask=st.integers(1, 255))
def test_any_byte_that_is_changed_makes_it_false(place: int, mask: int) -> None:
    data = bytearray(STATEMENT.encode())
    data[place] ^= mask
    with pytest.raises((ForgedCheckpointError, UnknownKeyError)):
        verified(data.decode("utf-8", "replace"), KEYS)


def test_a_foreign_key_of_our_keys_name_is_forgery() -> None:
    with pytest.raises(ForgedCheckpointError, match="not a genuine checkpoint"):
        verified(sign(CHECKPOINT, FOREIGN), KEYS)


def test_a_key_that_is_not_known_is_not_called_forgery() -> None:
    with pytest.raises(UnknownKeyError, match="'ck_2', which is not known here"):
        verified(sign(CHECKPOINT, SigningKey("ck_2", OURS.key)), KEYS)


@pytest.mark.parametrize(
    "statement",
    [
        encoded(b'{"alg":"none","kid":"ck_1","typ":"%s"}' % TYPE.encode()) + "." + STATEMENT.split(".")[1] + ".",
        with_header({"alg": "HS256", "kid": "ck_1", "typ": TYPE}, OctKey.import_key("secret" * 6), ["HS256"]),
        with_header({"alg": "Ed25519", "kid": "ck_1", "typ": "mainstay+jwt"}),
        with_header({"alg": "Ed25519", "kid": "ck_1"}),
        "",
        "a.b",
        "a.b.c",
        "...",
        "\N{SNOWMAN}.b.c",
        encoded(b"[" * 1_000) + ".b.c",
        STATEMENT + "." + STATEMENT,
        "x" * (STATEMENT_CHARACTERS_MAX + 1),
    ],
    ids=["alg none", "HS256", "a token", "no type", "", "2", "3", "dots", "snowman", "deep", "twice", "long"],
)
def test_what_is_no_checkpoint_is_refused(statement: str) -> None:
    with pytest.raises(ForgedCheckpointError):
        verified(statement, KEYS)


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"{}", b'{"chain":1}', b'{"chain":"c","sequence":1,"digest":"","x":1}']
)
def test_a_genuine_signature_of_something_else_is_refused(payload: bytes) -> None:
    header = {"alg": "Ed25519", "kid": "ck_1", "typ": TYPE}
    statement = jws.serialize_compact(header, payload, OURS.key, registry=jws.JWSRegistry(algorithms=["Ed25519"]))
    with pytest.raises(ForgedCheckpointError):
        verified(statement, KEYS)
