from pathlib import Path
from threading import Thread

import pytest

from mainstay.gateway.auth.registrar import Registrar, RegistrarError, Wish
from mainstay.gateway.auth.trust_folder import TrustFolder
from mainstay.model.fault import Fault
from mainstay.wire.trust.claims import LEEWAY_SECONDS, AllowanceClaim
from mainstay.wire.trust.token import read_token, verdict
from tests.gateway.auth.scene import Bytes, Operator
from tests.wire.trust.makers import DAY, WALL, first, key


def code(operator: Operator, token: str, wall: float = WALL) -> str:
    trust = operator.registrar.trust()
    found = read_token(token, trust, wall)
    fault = found if isinstance(found, Fault) else verdict(found, trust, wall)
    return "ok" if fault is None else fault.code


def test_the_first_token_makes_key_and_bundle(tmp_path: Path) -> None:
    operator = Operator(tmp_path)
    token, claims = operator.registrar.mint(Wish("acme", "ci", 30, "batch", ("m*",), AllowanceClaim(60, 5.0)))
    assert code(operator, token) == "ok"
    assert (claims.tenant, claims.sub, claims.workload, claims.models) == ("acme", "ci", "batch", ("m*",))
    assert claims.exp - claims.iat == 30 * DAY
    assert operator.registrar.trust().serial == 1


def test_further_tokens_leave_the_bundle_alone(tmp_path: Path) -> None:
    operator = Operator(tmp_path)
    tokens = {operator.mint() for _ in range(3)}
    assert len(tokens) == 3
    assert operator.registrar.trust().serial == 1


def test_the_folder_never_holds_a_token(tmp_path: Path) -> None:
    operator = Operator(tmp_path)
    token = operator.mint()
    for path in operator.folder.path.iterdir():
        assert token.rpartition(".")[2] not in path.read_text()


@pytest.mark.parametrize(
    "wish",
    [
        Wish("a b", "ci", 30),
        Wish("acme", "'; DROP TABLE t; --", 30),
        Wish("acme", "ci", 0),
        Wish("acme", "ci", 401),
        Wish("acme", "ci", 30, workload="a\nb"),
        Wish("acme", "ci", 30, models=("",)),
        Wish("acme", "ci", 30, allowance=AllowanceClaim(usd_per_day=float("nan"))),
        Wish("acme", "ci", 30, allowance=AllowanceClaim(requests_per_minute=0)),
        Wish("acme", "ci", 30, models=("m" * 200,) * 20),
    ],
)
def test_a_wish_that_cannot_be_granted_is_refused(tmp_path: Path, wish: Wish) -> None:
    with pytest.raises(RegistrarError):
        Operator(tmp_path).registrar.mint(wish)


def test_a_token_is_revoked_by_itself_or_by_its_id(tmp_path: Path) -> None:
    operator = Operator(tmp_path)
    one, other, third = operator.mint(), operator.mint(), operator.mint()
    operator.registrar.revoke_token(one)
    operator.registrar.revoke_token(operator.registrar.minted()[1].id)
    assert [code(operator, token) for token in (one, other, third)] == ["revoked_token", "revoked_token", "ok"]
    ends = {entry.until for entry in operator.registrar.trust().bundle.revoked}
    assert ends == {int(WALL) + 30 * DAY + LEEWAY_SECONDS}


def test_a_token_that_is_not_noted_is_revoked_for_as_long_as_any_can_live(tmp_path: Path) -> None:
    operator = Operator(tmp_path)
    operator.mint()
    (entry,) = operator.registrar.revoke_token("tok_" + "0" * 25).bundle.revoked
    assert entry.until == int(WALL) + 400 * DAY + LEEWAY_SECONDS


@pytest.mark.parametrize("subject", ["", "mst_", "mst_a.b.c", "tok_", "tok_1", "sk-abc", "'; DROP TABLE t"])
def test_what_is_no_token_cannot_be_revoked(tmp_path: Path, subject: str) -> None:
    operator = Operator(tmp_path)
    operator.mint()
    with pytest.raises(RegistrarError):
        operator.registrar.revoke_token(subject)
    assert operator.registrar.trust().serial == 1


def test_all_tokens_of_a_tenant_are_revoked_and_new_ones_are_good(tmp_path: Path) -> None:
    operator = Operator(tmp_path)
    old, other = operator.mint(), operator.mint("globex")
    operator.registrar.revoke_tenant("acme")
    assert [code(operator, token) for token in (old, other, operator.mint())] == ["revoked_token", "ok", "ok"]
    with pytest.raises(RegistrarError):
        operator.registrar.revoke_tenant("a b")


def test_after_a_rotation_old_and_new_tokens_are_good_and_the_old_private_key_is_gone(tmp_path: Path) -> None:
    operator = Operator(tmp_path)
    old = operator.mint()
    trust = operator.registrar.rotate(retire_now=False)
    new = operator.mint()
    assert (code(operator, old), code(operator, new), trust.serial) == ("ok", "ok", 2)
    assert [path.stem for path in operator.folder.path.glob("*.pem")] == [trust.bundle.signing_key.kid]


def test_a_rotation_can_end_all_older_tokens(tmp_path: Path) -> None:
    operator = Operator(tmp_path)
    old = operator.mint()
    operator.registrar.rotate(retire_now=True)
    assert (code(operator, old), code(operator, operator.mint())) == ("unknown_key", "ok")


def test_too_many_rotations_are_refused(tmp_path: Path) -> None:
    operator = Operator(tmp_path)
    operator.mint()
    for _ in range(15):
        operator.registrar.rotate(retire_now=False)
    with pytest.raises(RegistrarError, match="16 keys"):
        operator.registrar.rotate(retire_now=False)
    assert code(operator, operator.mint()) == "ok"


def test_concurrent_commands_do_not_undo_each_other(tmp_path: Path) -> None:
    Operator(tmp_path).mint()
    ids = [f"tok_{number:025x}" for number in range(8)]

    def work(number: int) -> None:
        operator = Operator(tmp_path, first=1_000 * (number + 1))
        operator.registrar.revoke_token(ids[number])
        operator.mint()
        operator.registrar.rotate(retire_now=False)

    threads = [Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    operator = Operator(tmp_path)
    trust = operator.registrar.trust()
    assert trust.serial == 1 + 16
    assert sorted(entry.token for entry in trust.bundle.revoked) == ids
    assert (len(trust.bundle.keys), len(operator.registrar.minted())) == (9, 9)


def test_notes_of_expired_tokens_are_dropped(tmp_path: Path) -> None:
    operator = Operator(tmp_path)
    operator.mint()
    operator.wall = WALL + 31 * DAY
    assert operator.registrar.minted() == []
    operator.mint()
    assert len(operator.folder.minted()) == 1


def test_without_a_bundle_there_is_nothing_to_revoke_or_rotate(tmp_path: Path) -> None:
    registrar = Operator(tmp_path).registrar
    with pytest.raises(RegistrarError, match="token mint"):
        registrar.revoke_tenant("acme")
    with pytest.raises(RegistrarError, match="token mint"):
        registrar.rotate(retire_now=False)


def test_a_torn_bundle_is_never_replaced_by_a_new_beginning(tmp_path: Path) -> None:
    operator = Operator(tmp_path)
    operator.mint()
    operator.bundle_file.write_text("torn")
    with pytest.raises(RegistrarError, match=r"trust\.jws: it is no trust bundle"):
        operator.mint()


def test_where_a_good_copy_is_left_it_is_named(tmp_path: Path) -> None:
    operator = Operator(tmp_path)
    operator.mint()
    operator.registrar.rotate(retire_now=False)
    for spoil in (lambda: operator.bundle_file.write_text("torn"), operator.bundle_file.unlink):
        spoil()
        with pytest.raises(RegistrarError, match=r"copy trust\.previous\.jws to trust\.jws"):
            operator.mint()


def test_where_only_the_bundle_is_pinned_nothing_can_be_signed(tmp_path: Path) -> None:
    folder = TrustFolder(tmp_path)
    folder.write_bundle(first().text)
    registrar = Registrar(folder, lambda: WALL, Bytes())
    with pytest.raises(RegistrarError, match=f"the private key {key().id} is not here"):
        registrar.mint(Wish("acme", "ci", 30))


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file, where a folder should be")
    with pytest.raises(RegistrarError, match="keys"):
        Operator(tmp_path).mint()
