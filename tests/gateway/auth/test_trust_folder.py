import stat
from pathlib import Path

import pytest

from mainstay.gateway.auth.trust_folder import NOTES_MAX, Minted, TrustFolder
from mainstay.wire.trust.bundle import Trust
from mainstay.wire.trust.claims import AllowanceClaim
from tests.wire.trust.makers import first, key, renumbered


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def read(folder: TrustFolder) -> int | str | None:
    """The serial number of the bundle there, or what is wrong with it."""
    found = folder.bundle()
    return found.serial if isinstance(found, Trust) else found


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    folder = TrustFolder(tmp_path)
    assert (folder.bundle(), folder.previous_bundle(), folder.stamp(), folder.minted()) == (None, None, None, [])
    assert folder.signing_key(key().id) is None
    assert not folder.path.exists()


def test_a_bundle_is_kept_with_the_one_before_it(tmp_path: Path) -> None:
    folder = TrustFolder(tmp_path)
    folder.write_bundle(first().text)
    assert (read(folder), folder.previous_bundle()) == (1, None)
    stamp = folder.stamp()
    folder.write_bundle(renumbered(first(), 2).text)
    previous = folder.previous_bundle()
    assert isinstance(previous, Trust)
    assert (read(folder), previous.serial) == (2, 1)
    assert folder.stamp() != stamp
    assert mode(folder.path / "trust.jws") == 0o644
    assert folder.bundle_text() == renumbered(first(), 2).text


@pytest.mark.parametrize("content", ["", "hello", first().text[:-9], first().text + "x", "\x00" * 100, "x" * 3_000_000])
def test_a_torn_bundle_is_told_and_never_becomes_the_good_copy(tmp_path: Path, content: str) -> None:
    folder = TrustFolder(tmp_path)
    folder.write_bundle(first().text)
    folder.write_bundle(renumbered(first(), 2).text)
    (folder.path / "trust.jws").write_text(content)
    assert str(read(folder)).startswith(str(folder.path / "trust.jws"))
    folder.write_bundle(renumbered(first(), 3).text)
    previous = folder.previous_bundle()
    assert isinstance(previous, Trust)
    assert (read(folder), previous.serial) == (3, 1)


def test_a_bundle_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    folder = TrustFolder(tmp_path)
    (folder.path / "trust.jws").mkdir(parents=True)
    assert "trust.jws: Is a directory" in str(read(folder))


def test_private_keys_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    folder = TrustFolder(tmp_path)
    folder.write_key(key())
    assert mode(folder.path / f"{key().id}.pem") == 0o600
    assert mode(folder.path) == 0o700
    found = folder.signing_key(key().id)
    assert found is not None
    assert found.x == key().x


def test_a_key_file_must_hold_the_key_of_its_name(tmp_path: Path) -> None:
    folder = TrustFolder(tmp_path)
    folder.write_key(key())
    (folder.path / f"{key().id}.pem").write_bytes(key(2).pem())
    assert folder.signing_key(key().id) is None
    (folder.path / f"{key().id}.pem").write_bytes(b"torn")
    assert folder.signing_key(key().id) is None


def test_keys_that_sign_no_more_are_destroyed(tmp_path: Path) -> None:
    folder = TrustFolder(tmp_path)
    for number in (1, 2, 3):
        folder.write_key(key(number))
    folder.remove_keys_except(key(2).id)
    assert [path.name for path in folder.path.glob("*.pem")] == [f"{key(2).id}.pem"]


def test_notes_survive_and_nonsense_between_them_does_not_matter(tmp_path: Path) -> None:
    folder = TrustFolder(tmp_path)
    notes = [Minted("tok_1", "ci", "acme", 1, 5), Minted("tok_2", "ci", "acme", 2, 6, AllowanceClaim(60))]
    folder.write_minted(notes)
    path = folder.path / "minted.jsonl"
    assert mode(path) == 0o600
    path.write_bytes(b"{\n" + path.read_bytes() + b'[]\n{"id":1}\n\xff\n' + b"[" * 9_000)
    assert folder.minted() == notes


def test_notes_are_bounded(tmp_path: Path) -> None:
    folder = TrustFolder(tmp_path)
    folder.write_minted([Minted(str(number), "ci", "acme", 1, 5) for number in range(NOTES_MAX + 3)])
    kept = folder.minted()
    assert (len(kept), kept[0].id) == (NOTES_MAX, "3")
