import threading
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey

from mainstay.ledger.checkpoint import Checkpoint, SigningKey, sign, verified
from mainstay.ledger.checkpoint_keys import checkpoint_keys_folder, read_or_make_signing_key, read_public_keys
from mainstay.ledger.errors import StoreError

CHECKPOINT = Checkpoint("ch_1", 7, "ab" * 32, 5_000.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return checkpoint_keys_folder(tmp_path)


def test_the_key_is_made_once_and_its_public_half_verifies(folder: Path) -> None:
    assert read_public_keys(folder) == {}
    key = read_or_make_signing_key(folder)
    again = read_or_make_signing_key(folder)
    assert again.id == key.id
    assert verified(sign(CHECKPOINT, again), read_public_keys(folder)) == CHECKPOINT


def test_a_copy_of_the_public_keys_serves_as_well(folder: Path, tmp_path: Path) -> None:
    key = read_or_make_signing_key(folder)
    copy = tmp_path / "elsewhere.json"
    copy.write_bytes((folder / "keys.json").read_bytes())
    assert verified(sign(CHECKPOINT, key), read_public_keys(copy)) == CHECKPOINT
    assert b'"d"' not in copy.read_bytes()


def test_private_keys_are_their_owners_alone(folder: Path) -> None:
    key = read_or_make_signing_key(folder)
    assert (folder / f"{key.id}.pem").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_lost_private_key_is_replaced_and_what_it_signed_still_verifies(folder: Path) -> None:
    first = read_or_make_signing_key(folder)
    (folder / f"{first.id}.pem").unlink()
    second = read_or_make_signing_key(folder)
    assert second.id != first.id
    keys = read_public_keys(folder)
    assert verified(sign(CHECKPOINT, first), keys) == verified(sign(CHECKPOINT, second), keys) == CHECKPOINT
    assert read_or_make_signing_key(folder).id == second.id


def test_processes_that_begin_at_once_share_one_key(folder: Path) -> None:
    keys: list[SigningKey] = []
    threads = [threading.Thread(target=lambda: keys.append(read_or_make_signing_key(folder))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len({key.id for key in keys}) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"no key",
        OKPKey.generate_key("Ed25519").as_pem(private=False),
        OKPKey.generate_key("X25519").as_pem(private=True),
    ],
    ids=["no key", "a public key", "a key of another kind"],
)
def test_a_private_key_that_is_none_is_not_overwritten(folder: Path, content: bytes) -> None:
    path = folder / f"{read_or_make_signing_key(folder).id}.pem"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="not a private key; restore it, or remove it"):
        read_or_make_signing_key(folder)
    assert path.read_bytes() == content


@pytest.mark.parametrize("content", [b"no json", b'{"keys":[{"kid":"ck_1"}]}', b'{"keys":[{"kid":"ck_1","x":"!"}]}'])
def test_public_keys_that_are_none_are_told(folder: Path, content: bytes) -> None:
    folder.mkdir(parents=True)
    (folder / "keys.json").write_bytes(content)
    with pytest.raises(StoreError, match="public key"):
        read_public_keys(folder)


def test_a_folder_that_cannot_be_made_is_an_error_that_passes(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("a file stands in the way")
    with pytest.raises(StoreError, match="ledger"):
        read_or_make_signing_key(folder)
