from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from mainstay.gateway.drafts.keys import KEY_BYTES, KEY_FILE, key_from_secret, read_or_make_key


def test_a_key_is_made_once_and_for_us_alone(tmp_path: Path) -> None:
    keys = tmp_path / "state" / "keys"
    key = read_or_make_key(keys)
    assert len(key) == KEY_BYTES
    assert read_or_make_key(keys) == key
    assert (keys / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert keys.stat().st_mode & 0o777 == 0o700


def test_two_folders_have_two_keys(tmp_path: Path) -> None:
    assert read_or_make_key(tmp_path / "one") != read_or_make_key(tmp_path / "other")


def test_of_many_that_begin_at_once_all_have_the_same_key(tmp_path: Path) -> None:
    start = Barrier(8)

    def begin(_: int) -> bytes:
        start.wait()
        return read_or_make_key(tmp_path / "keys")

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(begin, range(8)))) == 1
    assert [path.name for path in (tmp_path / "keys").iterdir()] == [KEY_FILE]


@pytest.mark.parametrize("content", [b"", b"short", bytes(33)])
def test_a_file_that_is_no_key_is_not_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / KEY_FILE).write_bytes(content)
    with pytest.raises(OSError, match="not a key of 32 bytes"):
        read_or_make_key(tmp_path)
    assert (tmp_path / KEY_FILE).read_bytes() == content


def test_the_same_secret_gives_the_same_key_everywhere() -> None:
    assert key_from_secret("a secret").hex() == "56f13c7c0702a5c832af33f2e4813199e5970b2a94a820d53f31644c3d6e89bb"
    assert len({key_from_secret(text) for text in ("a", "b", "a ", "", "\ud800")}) == 5
    assert len(key_from_secret("a")) == KEY_BYTES
