import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import OctKey, RSAKey

from mainstay.model.fault import Blame, Fault
from mainstay.wire.trust.foreign import CHARACTERS_MAX, Foreigner, IssuerRules, peek, read_foreign
from mainstay.wire.trust.key_set import KeySet
from tests.wire.trust.foreign_makers import (
    ISSUER,
    KINDS,
    all_keys,
    good_claims,
    issuer_key,
    jwt,
    jwt_of,
    signed_with,
)
from tests.wire.trust.makers import WALL, encoded

RULES = IssuerRules(ISSUER, "mainstay", tenant="acme")


def read(text: str, *rules: IssuerRules, keys: KeySet | None = None, wall: float = WALL) -> Foreigner | Fault | None:
    unverified = peek(text)
    return None if unverified is None else read_foreign(unverified, rules or (RULES,), keys or all_keys(), wall)


def code(text: str, *rules: IssuerRules, wall: float = WALL) -> str:
    """What becomes of a token: the code of the fault, `ok`, or `no jwt`."""
    found = read(text, *rules, wall=wall)
    if isinstance(found, Fault):
        assert found.status == 401
        return found.code
    return "no jwt" if found is None else "ok"


def bearer(text: str, *rules: IssuerRules) -> Foreigner:
    found = read(text, *rules)
    assert isinstance(found, Foreigner), found
    return found


@pytest.mark.parametrize("algorithm", KINDS)
def test_every_algorithm_of_the_list_is_accepted(algorithm: str) -> None:
    assert code(jwt(algorithm)) == "ok"


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_the_old_name_of_ed25519_is_accepted() -> None:
    assert code(jwt("EdDSA")) == "ok"


def test_a_token_says_who_its_bearer_is() -> None:
    found = bearer(jwt())
    identity = found.identity
    assert (identity.tenant, identity.name, identity.issuer) == ("acme", "robot@acme", ISSUER)
    assert identity.expires_at == WALL + 3_600
    assert (found.starts_at, found.ends_at) == (WALL - 60, WALL + 3_660)
    assert (identity.workload, identity.models) == ("", ())


def test_a_bearer_is_counted_as_one_however_many_tokens_he_has() -> None:
    first, second, other = (bearer(text).identity for text in (jwt(jti="a"), jwt(jti="b"), jwt(sub="somebody")))
    assert first.token == second.token
    assert first.token.startswith("ext_")
    assert first.token != other.token


@pytest.mark.parametrize("sub", ["", "a b", "a\nb", "x" * 129, "\u202e", "'; DROP TABLE t; --"])
def test_a_subject_that_is_no_plain_name_is_shown_as_its_digest(sub: str) -> None:
    identity = bearer(jwt(sub=sub)).identity
    assert identity.name == identity.token


def test_tenant_and_workload_may_come_from_claims() -> None:
    rules = IssuerRules(ISSUER, "mainstay", tenant_claim="team", workload_claim="https://acme.example/workload")
    identity = bearer(
        jwt_of(msgspec.json.encode(good_claims() | {"https://acme.example/workload": "batch"})), rules
    ).identity
    assert (identity.tenant, identity.workload) == ("acme", "batch")
    fixed = IssuerRules(ISSUER, "mainstay", tenant="globex", workload="critical")
    identity = bearer(jwt(), fixed).identity
    assert (identity.tenant, identity.workload) == ("globex", "critical")


@pytest.mark.parametrize("value", ["", "a b", "a\n", "a\x00", "'; DROP TABLE t", "x" * 65, 5, None, ["acme"], {"a": 1}])
@pytest.mark.parametrize("claim", ["tenant_claim", "workload_claim"])
def test_a_claim_that_is_no_name_is_refused(claim: str, value: object) -> None:
    claims = (
        {"tenant_claim": "team", "workload_claim": "team"} if claim == "workload_claim" else {"tenant_claim": "team"}
    )
    assert code(jwt(team=value), IssuerRules(ISSUER, "mainstay", **claims)) == "invalid_token"
    found = read(jwt(team=value), IssuerRules(ISSUER, "mainstay", "acme", workload_claim="team"))
    assert isinstance(found, Fault)
    assert "DROP" not in found.message


def test_the_audience_must_be_ours() -> None:
    assert code(jwt(aud=["other", "mainstay"])) == "ok"
    for other in ("other", "", [], ["other"], "MAINSTAY", "mainstay "):
        assert code(jwt(aud=other)) == "invalid_token"
    nonsensical: tuple[object, ...] = (None, 5, {}, [5], ["a"] * 101)
    for nonsense in nonsensical:
        assert code(jwt(aud=nonsense)) == "invalid_token"


def test_each_audience_has_rules_of_its_own() -> None:
    rules = (IssuerRules(ISSUER, "one", tenant="first"), IssuerRules(ISSUER, "two", tenant="second"))
    assert bearer(jwt(aud="two"), *rules).identity.tenant == "second"


def test_an_issuer_without_rules_is_foreign() -> None:
    unverified = peek(jwt(iss="https://elsewhere.example"))
    assert unverified is not None
    assert unverified.issuer == "https://elsewhere.example"
    found = read_foreign(unverified, (), all_keys(), WALL)
    assert isinstance(found, Fault)
    assert found.status == 401


def test_without_keys_it_is_trouble_of_our_own() -> None:
    unverified = peek(jwt())
    assert unverified is not None
    found = read_foreign(unverified, (RULES,), None, WALL)
    assert isinstance(found, Fault)
    assert (found.status, found.code, found.blame) == (503, "identity_unavailable", Blame.US)


@pytest.mark.parametrize("exp", [None, "soon", True, [], 0, -1])
def test_a_token_must_say_when_it_expires(exp: object) -> None:
    assert code(jwt(exp=exp)) in {"invalid_token", "expired_token"}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_an_instant_is_a_finite_number(number: str) -> None:
    payload = msgspec.json.encode(good_claims(exp=None))[:-1] + f',"exp":{number}}}'.encode()
    assert code(jwt_of(payload)) in {"invalid_token", "no jwt"}


def test_a_token_holds_between_its_instants_with_leeway() -> None:
    assert code(jwt(), wall=WALL + 3_659) == "ok"
    assert code(jwt(), wall=WALL + 3_660) == "expired_token"
    assert code(jwt(), wall=WALL - 61) == "not_yet_valid"
    assert code(jwt(nbf=WALL + 100), wall=WALL + 39) == "not_yet_valid"
    assert code(jwt(nbf=WALL + 100.5), wall=WALL + 41) == "ok"
    assert code(jwt(iat=None)) == "ok"


def test_an_unknown_key_is_told_apart() -> None:
    assert code(jwt(header={"kid": "new"})) == "unknown_key"


def test_a_token_without_key_id_finds_the_only_key() -> None:
    assert code(jwt("ES256", header={"kid": ""})) == "ok"


def test_the_algorithm_is_decided_by_the_type_of_the_key() -> None:
    """The classic: the public key, which everybody has, used as a shared secret."""
    pem = issuer_key("RS256").as_pem(private=False)
    shared = OctKey.import_key(pem.replace(b"-----", b""))
    text = signed_with(shared, msgspec.json.encode(good_claims()), {"alg": "HS256", "kid": "rsa"})
    assert code(text) == "invalid_token"
    assert code(jwt("ES256", header={"kid": "rsa"})) == "invalid_token"


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", ""])
def test_a_token_without_signature_is_refused(algorithm: str) -> None:
    header = encoded(msgspec.json.encode({"alg": algorithm, "kid": "rsa"}))
    payload = encoded(msgspec.json.encode(good_claims()))
    assert code(f"{header}.{payload}.") == "invalid_token"
    assert code(f"{header}.{payload}.AAAA") == "invalid_token"


def test_the_key_that_a_token_brings_is_not_looked_at() -> None:
    thief = RSAKey.generate_key(2048, auto_kid=False)
    for extra in (
        {"jwk": thief.as_dict(private=False)},
        {"jku": "http://127.0.0.1:1/"},
        {"x5u": "http://127.0.0.1:1/"},
    ):
        header = {"alg": "RS256", "kid": "rsa", **extra}
        assert code(signed_with(thief, msgspec.json.encode(good_claims()), header)) == "invalid_token"


def test_what_must_be_understood_is_understood_by_nobody() -> None:
    payload = encoded(msgspec.json.encode(good_claims()))
    for critical in (["exp"], [], ["b64"], 5, None):
        header = encoded(msgspec.json.encode({"alg": "RS256", "kid": "rsa", "crit": critical, "b64": False}))
        assert peek(f"{header}.{payload}.AAAA") is None


def test_the_last_of_two_values_counts_everywhere() -> None:
    payload = msgspec.json.encode(good_claims())[:-1] + b',"iss":"https://elsewhere.example"}'
    unverified = peek(jwt_of(payload))
    assert unverified is not None
    assert unverified.issuer == "https://elsewhere.example"
    assert code(jwt_of(msgspec.json.encode(good_claims())[:-1] + b',"aud":"other"}')) == "invalid_token"


@pytest.mark.parametrize("text", ["", "sk-ant-api03-abc", "a.b.c", "..", "AIza.x.y", "mst_a.b.c"])
def test_what_is_no_jwt_is_none(text: str) -> None:
    assert peek(text) is None


def test_a_token_that_is_too_long_is_none() -> None:
    assert peek(jwt(team="x" * CHARACTERS_MAX)) is None
    assert peek(jwt(team="x" * 2_000)) is not None


@pytest.mark.parametrize(
    "payload", [b"[" * 10_000, b'{"iss":' * 1_500, b'{"a":' * 1_500 + b"1" + b"}" * 1_500, b"[]", b"1"]
)
def test_bombs_are_refused(payload: bytes) -> None:
    assert code(jwt_of(payload)) in {"no jwt", "invalid_token"}


@given(st.data())
def test_a_token_that_was_altered_is_refused(data: st.DataObject) -> None:
    text = jwt("Ed25519")
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("AZaz09-_."))
    altered = text[:place] + letter + text[place + 1 :]
    assert altered == text or not isinstance(read(altered), Foreigner)
