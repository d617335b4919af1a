from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.auth import gate as gate_module
from mainstay.gateway.auth.gate import REMEMBERED_TOKENS
from mainstay.model.events import Breakage
from mainstay.model.fault import Fault
from mainstay.model.identity import LOCAL, Identity
from mainstay.model.ports import Authenticator
from mainstay.wire.trust.bundle import Bundle, TrustedKey
from mainstay.wire.trust.refusals import MISSING_TOKEN
from tests.gateway.auth.scene import SECTION, Operator, Scene
from tests.wire.trust.foreign_makers import jwt, key_set_text, public
from tests.wire.trust.makers import DAY, WALL, claims, first, key, raw_token, signed, token

FOREIGN = "sk-ant-api03-abcdefg"


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return Operator(tmp_path)


def test_the_gate_is_an_authenticator(tmp_path: Path) -> None:
    gate: Authenticator = Scene(tmp_path).gate
    assert gate.identify((), WALL) == MISSING_TOKEN


def test_a_good_token_lets_its_bearer_in_by_either_header(tmp_path: Path, operator: Operator) -> None:
    text = operator.mint(workload="batch", models=("m",))
    scene = Scene(tmp_path)
    found = scene.asks(("x-api-key", text))
    assert isinstance(found, Identity)
    assert (found.tenant, found.name, found.workload, found.models) == ("acme", "ci", "batch", ("m",))
    assert scene.asks(("authorization", f"Bearer {text}")) == found
    assert scene.asks(("authorization", f"Bearer {text}"), ("x-api-key", text)) == found


def test_tokens_that_differ_are_refused(tmp_path: Path, operator: Operator) -> None:
    one, other = operator.mint(), operator.mint()
    for required in (True, False):
        found = Scene(tmp_path, required=required).asks(("x-api-key", one), ("authorization", f"Bearer {other}"))
        assert isinstance(found, Fault)
        assert (found.status, found.code) == (401, "conflicting_credentials")


def test_where_tokens_are_required_nobody_else_comes_in(tmp_path: Path, operator: Operator) -> None:
    operator.mint()
    scene = Scene(tmp_path)
    assert scene.says("") == "401 missing_token"
    for text in (FOREIGN, jwt(), "local", "null", "Bearer", "mst", "MST_x"):
        assert scene.says(text) == "401 invalid_token"


def test_an_open_gate_lets_in_whoever_has_no_token_of_ours(tmp_path: Path, operator: Operator) -> None:
    text = operator.mint()
    scene = Scene(tmp_path, required=False)
    assert scene.asks() is LOCAL
    assert scene.asks(("x-api-key", FOREIGN)) is LOCAL
    assert scene.asks(("authorization", "Basic abc")) is LOCAL
    assert scene.says(text) == "acme"
    assert scene.says(text[:-4] + "AAAA") == "401 invalid_token"
    assert scene.says("mst_") == "401 invalid_token"


def test_a_refused_token_stays_refused_and_is_verified_once(
    tmp_path: Path, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = operator.mint()
    forged = good[:-4] + "AAAA"
    scene = Scene(tmp_path)
    assert (scene.says(good), scene.says(forged)) == ("acme", "401 invalid_token")
    monkeypatch.setattr(gate_module, "read_token", lambda *_: pytest.fail("verified again"))
    assert (scene.says(good), scene.says(forged)) == ("acme", "401 invalid_token")


def test_a_revocation_holds_within_a_second_and_needs_no_signature_again(
    tmp_path: Path, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = operator.mint(), operator.mint()
    scene = Scene(tmp_path)
    assert (scene.says(one), scene.says(other)) == ("acme", "acme")
    operator.registrar.revoke_token(one)
    scene.clock.advance(1)
    monkeypatch.setattr(gate_module, "read_token", lambda *_: pytest.fail("verified again"))
    for _ in range(2):
        assert (scene.says(one), scene.says(other)) == ("401 revoked_token", "acme")


def test_a_rotation_leaves_old_tokens_good_unless_the_key_is_retired(tmp_path: Path, operator: Operator) -> None:
    old = operator.mint()
    scene = Scene(tmp_path)
    assert scene.says(old) == "acme"
    operator.registrar.rotate(retire_now=False)
    new = operator.mint()
    scene.clock.advance(1)
    assert (scene.says(old), scene.says(new)) == ("acme", "acme")
    operator.registrar.rotate(retire_now=True)
    scene.clock.advance(1)
    assert (scene.says(old), scene.says(new), scene.says(operator.mint())) == (
        "401 unknown_key",
        "401 unknown_key",
        "acme",
    )


def test_a_token_expires_while_it_is_remembered(tmp_path: Path, operator: Operator) -> None:
    text = operator.mint()
    scene = Scene(tmp_path)
    end = WALL + 30 * DAY + 60
    assert [scene.says(text, at) for at in (WALL, end - 1, end, end - 1, WALL - 61, WALL)] == [
        "acme",
        "acme",
        "401 expired_token",
        "acme",
        "401 not_yet_valid",
        "acme",
    ]


def test_a_remembered_token_dies_with_its_key(tmp_path: Path, operator: Operator) -> None:
    old = TrustedKey(key(1).id, key(1).x, "verifying", int(WALL) + 100)
    bundle = Bundle(5, int(WALL), (TrustedKey(key(2).id, key(2).x, "signing"), old))
    operator.folder.write_bundle(signed(bundle, key(2)).text)
    scene = Scene(tmp_path)
    walls = (WALL, WALL + 99, WALL + 100, WALL + 99)
    assert [scene.says(token(by=1), at) for at in walls] == ["acme", "acme", "401 unknown_key", "acme"]
    assert scene.says(token(by=2), WALL + 100) == "acme"


def test_without_a_bundle_it_is_trouble_of_our_own(tmp_path: Path, operator: Operator) -> None:
    text = operator.mint()
    operator.bundle_file.write_text("torn")
    scene = Scene(tmp_path)
    assert scene.says(text) == "503 identity_unavailable"
    assert scene.says("") == "401 missing_token"
    assert scene.gate.status().trouble is not None
    assert Scene(tmp_path / "elsewhere", required=False).says(text) == "503 identity_unavailable"


def test_a_torn_file_at_run_time_changes_nothing(tmp_path: Path, operator: Operator) -> None:
    text = operator.mint()
    scene = Scene(tmp_path)
    operator.bundle_file.write_text("torn")
    scene.clock.advance(5)
    assert scene.says(text) == "acme"
    assert scene.gate.status().trouble is not None


def test_news_of_bundles_go_round(tmp_path: Path, operator: Operator) -> None:
    text = operator.mint()
    here = Scene(tmp_path)
    there = Operator(tmp_path / "there")
    there.folder.write_bundle(operator.folder.bundle_text())
    scene = Scene(tmp_path / "there")
    assert scene.says(text) == "acme"
    operator.registrar.revoke_token(text)
    here.clock.advance(1)
    serial, bundle = here.news[-1]
    assert (serial, bundle) == (2, here.gate.bundle())
    assert scene.gate.offer(bundle) is None
    assert scene.news[-1] == (2, bundle)
    assert scene.says(text) == "401 revoked_token"
    assert scene.gate.offer(first(9).text) is not None
    assert there.registrar.trust().serial == 2


def test_the_gate_tells_how_it_stands(tmp_path: Path, operator: Operator) -> None:
    assert Scene(tmp_path).gate.status() == gate_module.AuthStatus(True, 0, 0, 0, None, {})  # noqa: FBT003 - in order
    assert Scene(tmp_path).gate.bundle() is None
    operator.registrar.revoke_token(operator.mint())
    operator.registrar.revoke_tenant("globex")
    operator.registrar.rotate(retire_now=False)
    status = Scene(tmp_path, SECTION, required=False).gate.status()
    assert (status.required, status.serial, status.keys, status.revoked) == (False, 4, 2, 2)
    assert status.issuers == {SECTION.issuer: "ok"}


def test_tokens_of_an_issuer_let_their_bearers_in(tmp_path: Path) -> None:
    scene = Scene(tmp_path, SECTION)
    for text in (jwt("RS256"), jwt("Ed25519")):
        assert [scene.says(text), scene.says(text)] == ["acme", "acme"]
    assert scene.says(jwt(aud="other")) == "401 invalid_token"
    assert scene.says(jwt(iss="https://elsewhere.example")) == "401 invalid_token"
    assert scene.says(jwt(), WALL + 3_660) == "401 expired_token"
    assert scene.says(FOREIGN) == "401 invalid_token"


def test_on_an_open_gate_who_names_a_known_issuer_must_prove_it(tmp_path: Path) -> None:
    scene = Scene(tmp_path, SECTION, required=False)
    assert scene.says(jwt()) == "acme"
    assert scene.says(jwt()[:-4] + "AAAA") == "401 invalid_token"
    assert scene.asks(("x-api-key", jwt(iss="https://elsewhere.example"))) is LOCAL
    assert scene.asks(("x-api-key", FOREIGN)) is LOCAL


def test_an_issuer_that_was_never_reached_is_trouble_of_our_own(tmp_path: Path) -> None:
    scene = Scene(tmp_path, SECTION, keys=Breakage.REFUSED)
    assert scene.says(jwt()) == "503 identity_unavailable"
    scene.keys = key_set_text(public("RS256"))
    scene.clock.advance(60)
    assert scene.says(jwt()) == "acme"


def test_tokens_of_an_issuer_are_good_while_it_is_down_also_after_a_restart(tmp_path: Path) -> None:
    Scene(tmp_path, SECTION)
    scene = Scene(tmp_path, SECTION, keys=Breakage.CONNECT_TIMEOUT)
    scene.clock.advance(3_600)
    late = jwt(exp=WALL + DAY)
    assert scene.says(late) == "acme"
    assert "going on" in scene.gate.status().issuers[SECTION.issuer]


def test_an_unknown_key_is_refused_now_and_fetched_soon(tmp_path: Path) -> None:
    scene = Scene(tmp_path, SECTION)
    text = jwt("ES256")
    assert scene.says(text) == "401 unknown_key"
    scene.keys = key_set_text(public("RS256"), public("ES256"))
    scene.clock.advance(60)
    assert (scene.says(text), len(scene.services.asked_at)) == ("acme", 2)


def test_a_key_that_the_issuer_withdrew_opens_nothing(tmp_path: Path) -> None:
    scene = Scene(tmp_path, SECTION)
    late = jwt(exp=WALL + DAY)
    assert scene.says(late) == "acme"
    scene.keys = key_set_text(public("ES256"))
    scene.clock.advance(3_600)
    assert scene.says(late) == "401 unknown_key"


def test_a_new_configuration_is_followed(tmp_path: Path) -> None:
    scene = Scene(tmp_path, SECTION)
    assert (scene.says(jwt()), scene.says(jwt(aud="other"))) == ("acme", "401 invalid_token")
    scene.gate.replace((msgspec.structs.replace(SECTION, audience="other", tenant="globex"),), required=True)
    assert (scene.says(jwt()), scene.says(jwt(aud="other"))) == ("401 invalid_token", "globex")
    scene.gate.replace((), required=False)
    assert scene.asks(("x-api-key", jwt())) is LOCAL
    scene.gate.replace((), required=True)
    assert scene.says(jwt()) == "401 invalid_token"


def test_an_open_gate_closes_when_the_configuration_says_so(tmp_path: Path) -> None:
    scene = Scene(tmp_path, required=False)
    assert scene.asks(("x-api-key", FOREIGN)) is LOCAL
    scene.gate.replace((SECTION,), required=False)
    scene.clock.advance(0)
    assert scene.says(jwt()[:-4] + "AAAA") == "401 invalid_token"
    scene.gate.replace((), required=False)
    assert scene.asks(("x-api-key", FOREIGN)) is LOCAL
    scene.gate.replace((), required=True)
    assert (scene.says(FOREIGN), scene.says("")) == ("401 invalid_token", "401 missing_token")


def test_memory_is_bounded(tmp_path: Path, operator: Operator) -> None:
    operator.mint()
    scene = Scene(tmp_path)
    for number in range(REMEMBERED_TOKENS + 10):
        scene.says(f"mst_{number}")
    assert len(scene.gate._refused) == REMEMBERED_TOKENS
    assert len(scene.gate._known) == 0
    scene.says("mst_" + "x" * 20_000_000)
    assert scene.gate._refused._characters <= gate_module.REMEMBERED_CHARACTERS


def test_no_answer_repeats_a_token(tmp_path: Path, operator: Operator) -> None:
    text = operator.mint()
    operator.registrar.revoke_token(text)
    scene = Scene(tmp_path, SECTION)
    for one in (text, text[:-4] + "AAAA", FOREIGN, token(by=2), raw_token(msgspec.json.encode(claims())), jwt(aud="x")):
        found = scene.asks(("x-api-key", one))
        assert isinstance(found, Fault)
        assert one not in found.message
        assert not any(len(part) > 20 and part in found.message for part in one.split("."))
    assert not any(text in line for line in scene.reports)


@given(st.text(alphabet=st.characters(max_codepoint=255)))
def test_no_header_breaks_the_gate(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    scene = Scene(tmp_path_factory.getbasetemp() / "empty", SECTION)
    for prefix in ("", "mst_", "a.b."):
        for name in ("x-api-key", "authorization"):
            found = scene.asks((name, prefix + text))
            assert isinstance(found, Fault)
            assert found.status in {401, 503}


def test_a_closed_gate_follows_nothing(tmp_path: Path) -> None:
    scene = Scene(tmp_path, SECTION)
    scene.gate.close()
    assert scene.clock.due == []
