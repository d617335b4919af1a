import re
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.fault import Fault
from mainstay.wire.trust.bundle import Bundle, Trust
from mainstay.wire.trust.changes import without_tenant, without_token
from mainstay.wire.trust.claims import Claims
from mainstay.wire.trust.token import CHARACTERS_MAX, KIND, SCANNER_PATTERN, Genuine, mint, read_token, verdict
from tests.wire.trust.makers import DAY, WALL, claims, encoded, first, key, raw_token, rotation, signed, token

PAYLOAD = msgspec.json.encode(claims())


def code(text: str, trust: Trust | None = None, wall: float = WALL) -> str:
    """What becomes of a token: the code of the fault, or `ok`."""
    trust = trust or first()
    found = read_token(text, trust, wall)
    fault = found if isinstance(found, Fault) else verdict(found, trust, wall)
    assert fault is None or fault.status == 401
    return "ok" if fault is None else fault.code


def test_a_token_says_who_its_bearer_is() -> None:
    found = read_token(token(), first(), WALL)
    assert isinstance(found, Genuine)
    assert (found.key, found.claims, found.identity) == (key().id, claims(), claims().identity())
    assert code(token()) == "ok"


def test_secret_scanners_find_tokens() -> None:
    full = token(models=tuple(f"model-{number}" for number in range(60)))
    for text in (token(), full):
        found = re.search(SCANNER_PATTERN, f"API_KEY='{text}' # oops")
        assert found is not None
        assert found[0] == text
    assert re.search(SCANNER_PATTERN, "sk-ant-api03-" + "a" * 300) is None


def test_a_token_that_would_be_too_long_is_not_minted() -> None:
    with pytest.raises(ValueError, match="4096"):
        mint(claims(models=("m" * 200,) * 20), key())


def test_a_token_of_100_kilobytes_is_refused() -> None:
    assert code(raw_token(msgspec.json.encode({"models": ["m" * 100] * 1_000}))) == "invalid_token"


def test_the_length_is_bounded_to_the_character() -> None:
    texts = [raw_token(PAYLOAD + b" " * size) for size in range(2_780, 2_820)]
    longest, too_long = next((one, other) for one, other in pairwise(texts) if len(one) <= CHARACTERS_MAX < len(other))
    assert code(longest) == "ok"
    assert code(too_long) == "invalid_token"
    assert len(too_long) - CHARACTERS_MAX <= 2


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "typ": KIND},
        {"alg": "none", "kid": key().id, "typ": KIND},
        {"alg": "HS256", "kid": key().id, "typ": KIND},
        {"alg": "EdDSA", "kid": key().id, "typ": KIND},
        {"alg": "Ed448", "kid": key().id, "typ": KIND},
        {"alg": "Ed25519", "kid": key().id, "typ": "JWT"},
        {"alg": "Ed25519", "kid": key().id, "typ": "mainstay-trust+jws"},
    ],
)
def test_another_algorithm_or_kind_is_refused(header: dict[str, str]) -> None:
    assert code(raw_token(PAYLOAD, header=msgspec.json.encode(header))) == "invalid_token"


def test_a_token_without_signature_is_refused() -> None:
    start = token().rpartition(".")[0]
    assert code(f"{start}.") == "invalid_token"
    assert code(start) == "invalid_token"


def test_an_unknown_key_is_told_apart() -> None:
    assert code(token(by=2)) == "unknown_key"


def test_the_id_of_another_key_does_not_help() -> None:
    trust = rotation(first(), 2, 1)
    header = msgspec.json.encode({"alg": "Ed25519", "kid": key(2).id, "typ": KIND})
    assert code(raw_token(PAYLOAD, by=1), trust) == "ok"
    assert code(raw_token(PAYLOAD, by=1, header=header), trust) == "invalid_token"


def test_a_payload_that_was_swapped_is_refused() -> None:
    header, _, signature = token().split(".")
    richer = encoded(msgspec.json.encode(claims(tenant="globex")))
    assert code(f"{header}.{richer}.{signature}") == "invalid_token"


@pytest.mark.parametrize("prefix", ["", "MST_", "mst-", "mst_mst_", " mst_"])
def test_the_prefix_belongs_to_it(prefix: str) -> None:
    assert code(raw_token(PAYLOAD, prefix=prefix)) == "invalid_token"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"{}",
        PAYLOAD[:-1],
        PAYLOAD[:-1] + b',"admin":true}',
        PAYLOAD.replace(b'"acme"', b"NaN"),
        PAYLOAD[:-1] + b',"workload":' + b"[" * 2_000 + b"]" * 500 + b"}",
        msgspec.json.encode(claims(exp=253_402_300_799)),
        msgspec.json.encode(claims(tenant="'; DROP TABLE t; --")),
        msgspec.json.encode(claims(sub="a\nb")),
    ],
)
def test_claims_that_are_not_as_they_must_be_are_refused_even_if_signed(payload: bytes) -> None:
    assert code(raw_token(payload)) == "invalid_token"


def test_of_a_key_that_stands_twice_every_value_must_be_one_and_the_last_counts() -> None:
    found = read_token(raw_token(PAYLOAD[:-1] + b',"tenant":"globex"}'), first(), WALL)
    assert isinstance(found, Genuine)
    assert found.identity.tenant == "globex"
    assert code(raw_token(PAYLOAD[:-1] + b',"tenant":"a b"}')) == "invalid_token"


def test_a_token_expires_with_leeway() -> None:
    end = claims().exp
    assert code(token(), wall=end + 59.9) == "ok"
    assert code(token(), wall=end + 60) == "expired_token"


def test_a_token_of_the_future_is_not_valid_yet_but_for_leeway() -> None:
    later = {"iat": int(WALL) + 100, "exp": int(WALL) + DAY}
    assert code(token(**later), wall=WALL + 40) == "ok"
    assert code(token(**later), wall=WALL + 39.9) == "not_yet_valid"
    assert code(token(nbf=int(WALL) + 100), wall=WALL + 40) == "ok"
    assert code(token(nbf=int(WALL) + 100), wall=WALL + 39.9) == "not_yet_valid"


def test_a_clock_that_moves_back_and_forth_decides_anew_each_time() -> None:
    walls = [WALL, WALL + 31 * DAY, WALL - DAY, WALL]
    assert [code(token(), wall=wall) for wall in walls] == ["ok", "expired_token", "not_yet_valid", "ok"]


def test_a_revoked_token_is_refused_and_others_are_not() -> None:
    bundle = without_token(first().bundle, claims(1).jti, int(WALL) + DAY, WALL)
    assert isinstance(bundle, Bundle)
    assert code(token(1), signed(bundle, key())) == "revoked_token"
    assert code(token(2), signed(bundle, key())) == "ok"


def test_a_revoked_tenant_is_refused_and_others_are_not() -> None:
    bundle = without_tenant(first().bundle, "acme", WALL)
    assert isinstance(bundle, Bundle)
    assert code(token(), signed(bundle, key())) == "revoked_token"
    assert code(token(tenant="globex"), signed(bundle, key())) == "ok"


def test_tokens_outlive_a_rotation_unless_the_key_is_retired() -> None:
    kept = rotation(first(), 2, 1)
    assert code(token(), kept) == "ok"
    assert code(token(by=2), kept) == "ok"
    gone = rotation(first(), 2, 1, retire_now=True)
    assert code(token(), gone) == "unknown_key"


def test_a_genuine_token_dies_with_its_key() -> None:
    trust = rotation(first(), 2, 1)
    genuine = read_token(token(), trust, WALL)
    assert isinstance(genuine, Genuine)
    fault = verdict(genuine, trust, trust.retires_at(key().id))
    assert fault is not None
    assert fault.code == "unknown_key"
    assert read_token(token(), trust, trust.retires_at(key().id)) == fault


def test_no_refusal_repeats_the_token() -> None:
    for text in (token(by=2), token()[:-4] + "AAAA", raw_token(b"{}")):
        found = read_token(text, first(), WALL)
        assert isinstance(found, Fault)
        assert not any(part in found.message for part in text.split("."))


@given(st.text() | st.text(alphabet="abcXYZ019-_.").map("mst_".__add__))
def test_no_text_is_a_token_by_chance(text: str) -> None:
    assert code(text) == "invalid_token"


@given(st.data())
def test_a_token_with_a_flipped_bit_is_refused(data: st.DataObject) -> None:
    text = token()
    raw = bytearray(text.encode())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= 1 << data.draw(st.integers(0, 6))
    assert code(raw.decode("latin-1")) in {"invalid_token", "unknown_key"}


@given(st.integers(0, 400))
def test_a_token_that_was_cut_off_is_refused(length: int) -> None:
    assert length >= len(token()) or code(token()[:length]) == "invalid_token"


@given(
    tenant=st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z"),
    models=st.lists(st.from_regex(r"\A[!-~]{1,40}\Z"), max_size=20),
    days=st.integers(1, 400),
)
def test_every_good_token_is_accepted(tenant: str, models: list[str], days: int) -> None:
    made: Claims = claims(tenant=tenant, models=tuple(models), exp=int(WALL) + days * DAY)
    found = read_token(mint(made, key()), first(), WALL)
    assert isinstance(found, Genuine)
    assert found.claims == made
