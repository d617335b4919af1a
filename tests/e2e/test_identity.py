"""Tokens from outside: made by the operator's command, sent by the official SDKs, refused in each caller's dialect."""

import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import anthropic
import msgspec
import openai
import pytest

from mainstay.gateway.auth.registrar import Registrar, Wish
from mainstay.gateway.auth.trust_folder import TrustFolder
from mainstay.lab.provider.thread import FakeProviderThread
from mainstay.model.records import ExchangeRecord, Record
from mainstay.wire.trust.keys import SigningKey
from tests.e2e.callers import PATHS, Callers, Question
from tests.e2e.forgeries import forged, genuine
from tests.e2e.lanes import Tree
from tests.e2e.premises import DOORS, PROMPT, Premises, tree
from tests.e2e.raw import get, post, send

WORKLOADS: Tree = {"default": {"deadline_seconds": 30}, "batch": {"deadline_seconds": 30}}
SERVED = "served"
NOBODY = ["AuthenticationError 401"] * len(DOORS)
GUARDED = (
    "/v1/models",
    "/v1/models/claude",
    "/v1/responses/resp_1",
    "/v1/mainstay/exchanges/ex_1",
    "/v1/mainstay/exchanges/ex_1/stream",
    "/v1/mainstay/trust",
    "/metrics",
)


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProviderThread]:
    with FakeProviderThread("alpha") as running:
        yield running


@pytest.fixture(scope="module")
def premises(provider: FakeProviderThread, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Premises]:
    """A gateway that asks for tokens. Its first one was made by the operator's command before it started."""
    sections: dict[str, Tree] = {"auth": {"callers": "tokens"}, "workloads": WORKLOADS}
    with Premises(tmp_path_factory.mktemp("identity"), tree(provider, **sections)) as made:
        made.mint()
        yield made.start()


@pytest.fixture
def token(premises: Premises) -> str:
    """A token of its own for each test, of a key that the gateway knows."""
    return known(premises, premises.token())


def known(premises: Premises, token: str) -> str:
    """The same token, as soon as the gateway knows its key."""
    premises.until(lambda: status(premises, token) == 200, "the gateway knows the key")
    return token


def status(premises: Premises, token: str, path: str = "/v1/models") -> int:
    return get(premises.url, path, {"x-api-key": token}).status


def signing_key(premises: Premises) -> SigningKey:
    key = TrustFolder(premises.state).signing_key(premises.registrar.trust().bundle.signing_key.kid)
    assert key is not None
    return key


def told(premises: Premises, token: str, door: str, model: str = "", workload: str = "") -> str:
    """What becomes of a request through the SDK of this door: `served`, or the SDK's error and its status."""
    callers = Callers(premises.url, token)
    try:
        return outcome(callers, door, model, workload)
    finally:
        callers.close()


def told_at_all_doors(premises: Premises, token: str) -> list[str]:
    """As `told`, at each door."""
    callers = Callers(premises.url, token)
    try:
        return [outcome(callers, door) for door in DOORS]
    finally:
        callers.close()


def outcome(callers: Callers, door: str, model: str = "", workload: str = "") -> str:
    asked = Question(model=model or DOORS[door], prompt=PROMPT, stream=False, workload=workload)
    try:
        return SERVED if callers.ask(door, asked).text else "nothing"
    except (anthropic.APIStatusError, openai.APIStatusError) as error:
        return f"{type(error).__name__} {error.status_code}"


def audited(premises: Premises) -> list[ExchangeRecord]:
    """The exchanges that the operator's command shows."""
    lines = premises.command("audit", "tail", "--json", "-n", "1000").out.splitlines()
    records = [msgspec.json.decode(line, type=Record) for line in lines]
    return [one for one in records if isinstance(one, ExchangeRecord)]


def refused_since(at: float, exchanges: list[ExchangeRecord]) -> list[ExchangeRecord]:
    return [one for one in exchanges if one.outcome == "refused" and one.at >= at]


@pytest.mark.parametrize("door", DOORS)
def test_sdks_are_served_with_a_token_where_they_send_a_key(
    door: str, premises: Premises, token: str, provider: FakeProviderThread
) -> None:
    provider.forget()
    callers = Callers(premises.url, token)
    for stream in (False, True):
        assert callers.ask(door, Question(model=DOORS[door], prompt=PROMPT, stream=stream)).text
    callers.close()
    for exchange in premises.until_recorded(2, token=premises.registrar.minted()[-1].id):
        assert (exchange.tenant, exchange.outcome, exchange.workload) == ("acme", "answered", "default")
    assert len(provider.requests) == 2
    assert token not in repr([one.request for one in provider.requests])


def test_whatever_is_no_good_is_refused_in_each_dialect_and_recorded(
    premises: Premises, token: str, tmp_path: Path
) -> None:
    premises.registrar.rotate(retire_now=False)
    known(premises, premises.token())
    bad = forged(token, signing_key(premises))
    stranger = Registrar(TrustFolder(tmp_path), time.time, os.urandom).mint(Wish("acme", "stranger", 1))[0]
    bad["made elsewhere"] = (stranger, "unknown_key")
    begun_at = time.time()
    heard = {name: told_at_all_doors(premises, text) for name, (text, _) in bad.items()}
    assert {name: told for name, told in heard.items() if told != NOBODY} == {}
    assert told(premises, token, "anthropic") == SERVED
    expected = [(401, code, door) for _, code in bad.values() for door in DOORS]
    later = partial(refused_since, begun_at)
    premises.until(lambda: len(later(premises.exchanges())) >= len(expected), "all are recorded")
    refused = later(audited(premises))
    assert [(one.status, one.fault_code, one.dialect) for one in refused] == expected
    assert {one.tenant for one in refused} == {""}


def test_a_hundred_kilobytes_of_claims_are_refused_before_they_are_read(premises: Premises, token: str) -> None:
    monster = genuine(signing_key(premises), models=["m" * 200] * 400)
    assert len(monster) > 100_000
    assert told(premises, monster, "anthropic").endswith(" 431")
    assert told(premises, monster, "openai-chat").endswith(" 431")
    assert told(premises, token, "anthropic") == SERVED
    premises.until_recorded(2, status=431, outcome="refused")


@pytest.mark.parametrize("path", GUARDED)
def test_every_door_but_those_of_probes_asks_for_a_token(path: str, premises: Premises, token: str) -> None:
    refused = get(premises.url, path)
    assert refused.status == 401
    assert "mainstay token mint" in refused.text
    assert refused.header("x-mainstay-id")
    assert status(premises, token, path) in {200, 404}


@pytest.mark.parametrize("door", DOORS)
def test_a_request_without_any_token_is_told_what_to_do(door: str, premises: Premises) -> None:
    heard = post(premises.url, PATHS[door], Question(model=DOORS[door]).body(door))
    assert heard.status == 401
    assert "Send it in `x-api-key` or in `authorization: Bearer`" in heard.text
    (record,) = premises.until_recorded(1, id=heard.header("x-mainstay-id"))
    assert (record.outcome, record.fault_code) == ("refused", "missing_token")


def test_the_token_may_stand_in_either_field_and_in_both_if_they_agree(premises: Premises, token: str) -> None:
    bearer = f"Bearer {token}"
    assert get(premises.url, "/v1/models", {"authorization": bearer}).status == 200
    assert get(premises.url, "/v1/models", {"authorization": bearer, "x-api-key": token}).status == 200
    assert get(premises.url, "/v1/models", {"authorization": bearer, "x-api-key": "sk-other"}).status == 401
    assert get(premises.url, "/v1/models", {"authorization": "Basic dXNlcjpwdw=="}).status == 401


def test_probes_need_no_token_and_learn_little(premises: Premises, token: str) -> None:
    stranger = get(premises.url, "/readyz")
    assert msgspec.json.decode(stranger.body, type=dict[str, str]).keys() == {"status", "version"}
    assert get(premises.url, "/livez").status == 200
    friend = msgspec.json.decode(get(premises.url, "/readyz", {"x-api-key": token}).body, type=dict[str, object])
    assert friend["status"] == "ready"
    assert {"journal", "identity", "spending", "upstreams"} <= friend.keys()
    assert "mainstay_" in get(premises.url, "/metrics", {"x-api-key": token}).text


def test_a_token_holds_within_its_models_and_its_workload(premises: Premises) -> None:
    bound = known(premises, premises.mint("--model", "claude*", "--workload", "batch", name="narrow"))
    assert told(premises, bound, "anthropic") == SERVED
    assert told(premises, bound, "anthropic", workload="batch") == SERVED
    for door, model, workload in (
        ("openai-chat", "gpt", ""),
        ("openai-responses", "gpt-responses", ""),
        ("anthropic", "gpt", ""),
        ("anthropic", "no-such-model", ""),
    ):
        assert told(premises, bound, door, model, workload) == "PermissionDeniedError 403"
    listed = get(premises.url, "/v1/models", {"x-api-key": bound}).text
    assert '"claude"' in listed
    assert "gpt" not in listed
    assert [status(premises, bound, f"/v1/models/{name}") for name in ("claude", "gpt")] == [200, 404]
    subject = premises.registrar.minted()[-1].id
    records = premises.until_recorded(6, token=subject)
    assert {one.workload for one in records if one.outcome == "answered"} == {"batch"}
    assert {one.fault_code for one in records if one.status == 403} == {"model_not_allowed"}


def test_a_workload_that_a_token_is_not_bound_to_is_refused(premises: Premises) -> None:
    bound = known(premises, premises.mint("--workload", "default"))
    for door in DOORS:
        assert told(premises, bound, door, workload="batch") == "PermissionDeniedError 403"
    records = premises.until_recorded(3, token=premises.registrar.minted()[-1].id, status=403)
    assert {one.fault_code for one in records} == {"workload_not_allowed"}


def test_a_revoked_token_ends_without_a_restart(premises: Premises, token: str) -> None:
    other = premises.token(tenant="other")
    assert told(premises, token, "anthropic") == SERVED
    said = premises.command("token", "revoke", premises.registrar.minted()[-2].id)
    assert "revoked" in said.err
    premises.until(lambda: status(premises, token) == 401, "the revocation is known")
    assert told_at_all_doors(premises, token) == NOBODY
    premises.until_recorded(1, fault_code="revoked_token")
    assert told(premises, other, "anthropic") == SERVED
    premises.registrar.revoke_tenant("other")
    premises.until(lambda: status(premises, other) == 401, "the tenant's tokens are known as revoked")


def test_keys_rotate_with_overlap_and_without(premises: Premises, token: str) -> None:
    premises.command("token", "keys", "rotate")
    fresh = known(premises, premises.token())
    assert [told(premises, one, "openai-chat") for one in (token, fresh)] == [SERVED, SERVED]
    premises.command("token", "keys", "rotate", "--retire-now")
    premises.until(lambda: status(premises, fresh) == 401, "the keys have retired")
    assert told_at_all_doors(premises, token) == NOBODY
    premises.until_recorded(1, fault_code="unknown_key", status=401)
    assert told(premises, known(premises, premises.token()), "openai-chat") == SERVED


def test_a_trust_bundle_that_is_torn_while_the_gateway_runs_changes_nothing(premises: Premises, token: str) -> None:
    file = TrustFolder(premises.state).path / "trust.jws"
    whole = file.read_text()
    headers = {"x-api-key": token}
    try:
        for broken in (whole[: len(whole) // 2], "", "\x00" * 4_096, "[" * 100_000, whole[::-1]):
            file.write_text(broken)
            premises.until(lambda: "trust bundle" in get(premises.url, "/readyz", headers).text, "it is told")
            assert told(premises, token, "anthropic") == SERVED
            assert get(premises.url, "/readyz", headers).status == 200
        file.unlink()
        premises.until(lambda: "trust bundle is gone" in get(premises.url, "/readyz", headers).text, "it is told")
        assert told(premises, token, "anthropic") == SERVED
    finally:
        file.write_text(whole)
    premises.until(lambda: '"ready"' in get(premises.url, "/readyz", headers).text, "all is well again")


def test_a_bundle_is_taken_from_whoever_brings_it_if_it_descends_from_ours(premises: Premises, token: str) -> None:
    path = "/v1/mainstay/trust"
    bundle = get(premises.url, path, {"x-api-key": token})
    assert (bundle.status, bundle.header("content-type")) == (200, "application/jose")
    assert send(premises.url, path, bundle.body, {}).status == 200
    heard = [send(premises.url, path, data, {}).status for data in (b"", b"x" * 100, bundle.body[::-1])]
    assert heard == [409, 409, 409]
    assert status(premises, token) == 200
