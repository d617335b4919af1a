import stat
from pathlib import Path

import pytest

from mainstay.gateway.auth.issuer_files import FILE_BYTES_MAX, KeptKeys, issuer_path, keep, read_kept
from tests.wire.trust.foreign_makers import ISSUER, key_set_text, public

KEY_SET = key_set_text(public("ES256"))


def test_keys_survive_on_disk(tmp_path: Path) -> None:
    path = issuer_path(tmp_path, ISSUER, "")
    keep(path, KeptKeys(ISSUER, 5.0, KEY_SET))
    found = read_kept(path, ISSUER)
    assert found is not None
    keys, fetched_at = found
    assert keys.has("P-256")
    assert fetched_at == 5.0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_each_issuer_has_a_file_of_its_own(tmp_path: Path) -> None:
    names = {issuer_path(tmp_path, *one) for one in ((ISSUER, ""), (ISSUER, "https://k"), ("https://../../x", ""))}
    assert len(names) == 3
    assert {path.parent for path in names} == {tmp_path / "keys" / "issuers"}


def test_the_keys_of_another_issuer_are_not_taken(tmp_path: Path) -> None:
    keep(tmp_path / "f", KeptKeys("https://elsewhere.example", 5.0, KEY_SET))
    assert read_kept(tmp_path / "f", ISSUER) is None


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b" " * (FILE_BYTES_MAX + 1)])
def test_what_cannot_be_read_is_passed_over(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "f").write_bytes(content)
    assert read_kept(tmp_path / "f", ISSUER) is None
    assert read_kept(tmp_path / "missing", ISSUER) is None


def test_a_key_set_without_keys_is_passed_over(tmp_path: Path) -> None:
    keep(tmp_path / "f", KeptKeys(ISSUER, 5.0, '{"keys":[]}'))
    assert read_kept(tmp_path / "f", ISSUER) is None
