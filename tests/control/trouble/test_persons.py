from pathlib import Path

import pytest

from mainstay.control.trouble.persons import Persons, network_of


def test_the_same_person_has_the_same_hash_in_every_process(tmp_path: Path) -> None:
    first, second = Persons(tmp_path), Persons(tmp_path)
    assert first.hashed("account", "ann") == second.hashed("account", "ann")
    assert len(first.hashed("account", "ann")) == 16


def test_other_persons_kinds_and_installations_have_others(tmp_path: Path) -> None:
    here, elsewhere = Persons(tmp_path / "a"), Persons(tmp_path / "b")
    hashes = {here.hashed("account", "ann"), here.hashed("account", "bob"), here.hashed("address", "ann")}
    assert len({*hashes, elsewhere.hashed("account", "ann")}) == 4


def test_the_key_is_for_us_alone(tmp_path: Path) -> None:
    persons = Persons(tmp_path)
    persons.hashed("account", "ann")
    assert persons.path.stat().st_mode & 0o777 == 0o600


def test_a_damaged_key_is_told(tmp_path: Path) -> None:
    persons = Persons(tmp_path)
    persons.path.parent.mkdir()
    persons.path.write_bytes(b"short")
    with pytest.raises(OSError, match="is damaged"):
        persons.hashed("account", "ann")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_an_address_stands_for_its_network(address: str, network: str) -> None:
    assert network_of(address) == network
