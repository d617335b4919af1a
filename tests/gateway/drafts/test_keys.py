from pathlib import Path

import pytest

from mainstay.gateway.drafts.keys import KEY_BYTES, KEY_FILE, read_or_make_key


def test_a_key_is_made_once_and_for_us_alone(tmp_path: Path) -> None:
    keys = tmp_path / "state" / "keys"
    key = read_or_make_key(keys)
    assert len(key) == KEY_BYTES
    assert read_or_make_key(keys) == key
    assert (keys / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert keys.stat().st_mode & 0o777 == 0o700


def test_two_folders_have_two_keys(tmp_path: Path) -> None:
    assert read_or_make_key(tmp_path / "one") != read_or_make_key(tmp_path / "other")


def test_a_key_that_was_half_made_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "drafts.new").write_bytes(b"half")
    assert len(read_or_make_key(tmp_path)) == KEY_BYTES
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


@pytest.mark.parametrize("content", [b"", b"short", bytes(33)])
def test_a_file_that_is_no_key_is_not_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / KEY_FILE).write_bytes(content)
    with pytest.raises(OSError, match="not a key of 32 bytes"):
        read_or_make_key(tmp_path)
    assert (tmp_path / KEY_FILE).read_bytes() == content
