import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.identity import UNBOUNDED, Allowance
from mainstay.wire.trust.claims import (
    LIFETIME_SECONDS_MAX,
    AllowanceClaim,
    Claims,
    checked,
    claims_from,
    token_id,
)
from tests.wire.trust.makers import DAY, WALL, claims

GOOD = msgspec.json.decode(msgspec.json.encode(claims()), type=dict[str, object])


def said(**changes: object) -> Claims | str:
    return claims_from(msgspec.json.encode(GOOD | changes))


def test_claims_survive_their_encoding() -> None:
    full = claims(nbf=int(WALL), workload="batch", models=("claude-*",), allowance=AllowanceClaim(60, 5.0, 100.0, 7, 8))
    assert claims_from(msgspec.json.encode(full)) == full
    assert said() == claims()


def test_claims_tell_who_the_bearer_is() -> None:
    identity = claims(workload="batch", models=("m",), allowance=AllowanceClaim(60, 5.0)).identity()
    assert (identity.tenant, identity.name, identity.token) == ("acme", "ci", claims().jti)
    assert (identity.workload, identity.models, identity.issuer) == ("batch", ("m",), "")
    assert identity.allowance == Allowance(60, 5.0, None)
    assert identity.expires_at == WALL + 30 * DAY
    assert claims().identity().allowance is UNBOUNDED


def test_every_bound_of_a_token_binds_its_bearer() -> None:
    assert claims(allowance=AllowanceClaim(1, 2.0, 3.0, 4, 5)).identity().allowance == Allowance(1, 2.0, 3.0, 4, 5)


def test_tokens_minted_before_there_were_more_bounds_stay_valid() -> None:
    old = said(allowance={"requests_per_minute": 60, "usd_per_day": 5.0})
    assert isinstance(old, Claims)
    assert old.identity().allowance == Allowance(60, 5.0)


@pytest.mark.parametrize("name", ["iss", "jti", "sub", "tenant", "iat", "exp"])
def test_nothing_that_is_needed_may_be_missing(name: str) -> None:
    assert isinstance(claims_from(msgspec.json.encode({k: v for k, v in GOOD.items() if k != name})), str)


BAD_TEXTS = [
    "",
    "a b",
    "a\n",
    "a\x00",
    "a\x1b[31m",
    "a\u202e",
    "'; DROP TABLE records; --",
    "a' OR '1'='1",
    "../../etc/passwd",
    "-a",
    "x" * 65,
    "\u0430cme",
]


@pytest.mark.parametrize("text", BAD_TEXTS)
@pytest.mark.parametrize("name", ["sub", "tenant", "workload", "jti", "iss"])
def test_what_is_no_name_is_refused_and_not_repeated(name: str, text: str) -> None:
    found = said(**{name: text})
    assert found == f"the claim {name} is not as it must be"


@pytest.mark.parametrize("text", ["", "a b", "a\n", "a\x00", "x" * 201, "mod\u00e9le"])
def test_what_is_no_model_is_refused(text: str) -> None:
    assert said(models=["good", text]) == "the claim models is not as it must be"


def test_models_may_be_many_but_not_too_many() -> None:
    assert isinstance(said(models=["m"] * 100), Claims)
    assert isinstance(said(models=["m"] * 101), str)


@pytest.mark.parametrize("number", [-1, 10**30, 253_402_300_800, 1.5, 1e300, "1772448540", None, True, [], {}])
@pytest.mark.parametrize("name", ["iat", "exp"])
def test_an_instant_is_a_whole_number_of_seconds_within_reason(name: str, number: object) -> None:
    assert isinstance(said(**{name: number}), str)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1" + "0" * 5_000, "-0.0"])
@pytest.mark.parametrize("name", sorted(AllowanceClaim.__struct_fields__))
def test_an_allowance_is_a_number_within_reason(name: str, number: str) -> None:
    text = msgspec.json.encode(GOOD)[:-1] + f',"allowance":{{"{name}":{number}}}}}'.encode()
    assert isinstance(claims_from(text), str)


@pytest.mark.parametrize(
    "part",
    [
        {"requests_per_minute": 0},
        {"input_tokens_per_minute": 0},
        {"output_tokens_per_minute": -1},
        {"output_tokens_per_minute": 10**10},
        {"usd_per_day": 0},
        {"usd_per_month": -5},
        {"usd": 5},
    ],
)
def test_an_allowance_of_nothing_is_refused(part: dict[str, int]) -> None:
    assert isinstance(said(allowance=part), str)


def test_an_unknown_claim_is_refused() -> None:
    assert said(admin=True) == "its claims are not as they must be"


def test_a_token_lives_at_most_400_days() -> None:
    iat = int(WALL)
    assert isinstance(said(exp=iat + LIFETIME_SECONDS_MAX), Claims)
    assert said(exp=iat + LIFETIME_SECONDS_MAX + 1) == "it lives longer than 400 days"
    assert said(exp=253_402_300_799) == "it lives longer than 400 days"


def test_a_token_does_not_end_before_it_begins() -> None:
    assert said(exp=int(WALL)) == "it ends before it begins"
    assert said(nbf=int(WALL) + 30 * DAY) == "it ends before it begins"


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b'"a"', b"{", b"\xff", b"[" * 100_000, b'{"x":' * 100_000])
def test_what_is_no_object_is_refused(data: bytes) -> None:
    assert isinstance(claims_from(data), str)


@given(st.binary())
def test_no_bytes_break_the_reading(data: bytes) -> None:
    assert isinstance(claims_from(data), str)


@pytest.mark.parametrize("bound", [float("nan"), float("inf")])
def test_a_bound_that_json_cannot_write_is_not_taken_for_no_bound(bound: float) -> None:
    assert checked(claims(allowance=AllowanceClaim(usd_per_day=bound))) == "one of its numbers is not a number"


def test_claims_that_are_good_pass_the_check() -> None:
    assert checked(claims()) == claims()


def test_ids_sort_by_time() -> None:
    ids = [token_id(WALL + number, bytes(7)) for number in range(3)]
    assert ids == sorted(ids)
    assert isinstance(said(jti=ids[0]), Claims)
