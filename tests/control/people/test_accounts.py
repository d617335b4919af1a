import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.control.people import accounts as accounts_module
from mainstay.control.people.accounts import AccountError, Accounts, account_name
from mainstay.control.people.roles import Role

NASTY = ["<b>x</b>", "' OR 1=1 --", "a\nb", "a\0b", "", " ", "-a", "../a", "a b", "a" * 65, "ä", "a\u202eb", "{{x}}"]


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    return Accounts(tmp_path)


def test_a_person_is_kept_with_role_hash_and_date(accounts: Accounts) -> None:
    assert accounts.add(" Ann@Example.com ", Role.ADMIN, "hash", 5.0) == "ann@example.com"
    account = accounts.get("ann@example.com")
    assert account is not None
    assert (account.role, account.password, account.made_at) == ("admin", "hash", 5.0)
    assert stat.S_IMODE(accounts.path.stat().st_mode) == 0o600


def test_a_hash_is_never_shown(accounts: Accounts) -> None:
    accounts.add("ann", Role.ADMIN, "a-hash", 5.0)
    assert "a-hash" not in repr(accounts.get("ann"))
    assert "a-hash" not in repr(accounts.all())


@pytest.mark.parametrize("name", NASTY)
def test_a_name_that_could_be_mistaken_for_something_is_none(accounts: Accounts, name: str) -> None:
    assert account_name(name) is None
    with pytest.raises(AccountError, match="a name has 1 to 64"):
        accounts.add(name, Role.VIEWER, "hash", 0)
    assert not accounts.were_ever_seen


@given(st.text())
def test_a_name_is_the_same_when_it_is_read_again(text: str) -> None:
    name = account_name(text)
    assert name is None or account_name(name) == name


def test_a_name_is_given_once(accounts: Accounts) -> None:
    accounts.add("ann", Role.ADMIN, "hash", 0)
    with pytest.raises(AccountError, match="there is an account ann already"):
        accounts.add("ANN", Role.VIEWER, "hash", 0)


def test_accounts_are_bounded(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts_module, "PEOPLE_MAX", 2)
    accounts.add("a", Role.ADMIN, "hash", 0)
    accounts.add("b", Role.ADMIN, "hash", 0)
    with pytest.raises(AccountError, match="which is the most"):
        accounts.add("c", Role.ADMIN, "hash", 0)


def test_an_epoch_is_never_given_twice(accounts: Accounts) -> None:
    epochs = []
    accounts.add("ann", Role.ADMIN, "hash", 0)
    epochs.append(accounts.all()["ann"].epoch)
    accounts.set_password("ann", "other")
    epochs.append(accounts.all()["ann"].epoch)
    accounts.add("bob", Role.ADMIN, "hash", 0)
    epochs.append(accounts.all()["bob"].epoch)
    accounts.remove("bob")
    accounts.add("bob", Role.ADMIN, "hash", 0)
    epochs.append(accounts.all()["bob"].epoch)
    assert epochs == sorted(set(epochs))


def test_another_role_changes_nothing_else(accounts: Accounts) -> None:
    accounts.add("ann", Role.ADMIN, "hash", 3.0)
    before = accounts.all()["ann"]
    accounts.set_role("ann", Role.VIEWER)
    after = accounts.all()["ann"]
    assert (after.role, after.password, after.epoch, after.made_at) == ("viewer", "hash", before.epoch, 3.0)


def test_who_is_not_there_cannot_be_changed(accounts: Accounts) -> None:
    with pytest.raises(AccountError, match="there is no account ann"):
        accounts.remove("ann")
    with pytest.raises(AccountError, match="there is no account ann"):
        accounts.set_role("ann", Role.ADMIN)
    with pytest.raises(AccountError, match="there is no account of this name"):
        accounts.set_password("<ann>", "hash")


def test_another_process_sees_a_change(accounts: Accounts, tmp_path: Path) -> None:
    other = Accounts(tmp_path)
    assert other.all() == {}
    accounts.add("ann", Role.ADMIN, "hash", 0)
    assert list(other.all()) == ["ann"]
    accounts.remove("ann")
    assert other.all() == {}
    assert other.were_ever_seen


def test_people_who_are_added_at_once_are_all_there(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: Accounts(tmp_path).add(f"p{number}", Role.VIEWER, "hash", 0), range(24)))
    people = Accounts(tmp_path).all()
    assert len(people) == 24
    assert len({account.epoch for account in people.values()}) == 24


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b'{"format": 2}',
        b'{"people": {"ann": {"role": "root", "password": "", "epoch": 1, "made_at": 0}}}',
        b'{"people": {"A B": {"role": "admin", "password": "", "epoch": 1, "made_at": 0}}}',
        b'{"people": {"ann": {}}}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_leaves_what_was_known_and_is_never_overwritten(accounts: Accounts, content: bytes) -> None:
    accounts.add("ann", Role.ADMIN, "hash", 0)
    assert accounts.get("ann") is not None
    accounts.path.write_bytes(content)
    assert accounts.get("ann") is not None
    assert "damaged" in str(accounts.trouble)
    with pytest.raises(AccountError, match="restore it"):
        accounts.add("bob", Role.ADMIN, "hash", 0)
    assert accounts.path.read_bytes() == content


def test_the_file_can_be_read_by_people(accounts: Accounts) -> None:
    accounts.add("ann", Role.ADMIN, "hash", 0)
    assert list(json.loads(accounts.path.read_bytes())["people"]) == ["ann"]
