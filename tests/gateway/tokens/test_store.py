import threading
from pathlib import Path

import pytest

from mainstay.gateway.tokens.source import Token
from mainstay.gateway.tokens.store import UNFINISHED_SECONDS, TokenStore, origin
from tests.gateway.tokens.identity import WALL

NAME = ("vertex", "main")
TOKEN = Token("secret-token", WALL + 60)


def store(folder: Path, reports: list[str] | None = None) -> TokenStore:
    return TokenStore(folder, (reports if reports is not None else []).append, lambda job: job())


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_a_token_outlives_its_process(tmp_path: Path) -> None:
    store(tmp_path / "tokens").save(NAME, "origin", TOKEN)
    assert store(tmp_path / "tokens").load(NAME, "origin", WALL) == TOKEN


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    store(tmp_path / "tokens").save(NAME, "origin", TOKEN)
    (file,) = files(tmp_path / "tokens")
    assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "tokens").stat().st_mode & 0o777 == 0o700


def test_a_dead_token_and_a_strange_one_are_not_given(tmp_path: Path) -> None:
    one = store(tmp_path)
    one.save(NAME, "origin", TOKEN)
    assert one.load(NAME, "origin", WALL + 60) is None
    assert one.load(NAME, "another origin", WALL) is None
    assert one.load(("vertex", "spare"), "origin", WALL) is None
    assert one.load(("bedrock", "main"), "origin", WALL) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[" * 100_000, b'{"origin":"origin","value":"a b","expires_at":9e9}', b'{"origin":1}', b"\xff"],
)
def test_a_damaged_file_is_no_token(tmp_path: Path, content: bytes) -> None:
    one = store(tmp_path)
    one.save(NAME, "origin", TOKEN)
    files(tmp_path)[0].write_bytes(content)
    assert one.load(NAME, "origin", WALL) is None


def test_names_cannot_leave_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "tokens"
    store(folder).save(("../../etc", "../x\0"), "origin", TOKEN)
    assert files(tmp_path) == [folder]
    assert len(files(folder)) == 1


def test_the_newest_token_counts_and_nothing_else_is_left(tmp_path: Path) -> None:
    one = store(tmp_path)
    for number in range(3):
        one.save(NAME, "origin", Token(f"t{number}", WALL + 60))
    assert one.load(NAME, "origin", WALL) == Token("t2", WALL + 60)
    assert len(files(tmp_path)) == 1


def test_pruning_leaves_what_lives(tmp_path: Path) -> None:
    one = store(tmp_path)
    one.save(NAME, "origin", TOKEN)
    one.save(("vertex", "old"), "origin", Token("t", WALL))
    stranger, unfinished = tmp_path / "readme.txt", tmp_path / ".new-abc"
    stranger.write_text("hello")
    unfinished.write_text("half")
    changed = unfinished.stat().st_mtime
    one.prune(WALL)
    assert one.load(NAME, "origin", WALL) == TOKEN
    assert len(files(tmp_path)) == 2 + (changed > WALL - UNFINISHED_SECONDS)
    one.prune(changed + UNFINISHED_SECONDS)
    assert files(tmp_path) == [stranger]


def test_a_folder_that_is_not_there_is_nothing_to_prune(tmp_path: Path) -> None:
    reports: list[str] = []
    store(tmp_path / "tokens", reports).prune(WALL)
    assert (reports, files(tmp_path)) == ([], [])


def test_a_disk_that_refuses_is_told_once_and_again_after_it_took_something(tmp_path: Path) -> None:
    reports: list[str] = []
    folder = tmp_path / "tokens"
    folder.write_text("in the way")
    one = store(folder, reports)
    one.save(NAME, "origin", TOKEN)
    one.save(NAME, "origin", TOKEN)
    assert reports == [f"tokens: cannot be kept in {folder}, so a restart needs the identity services: File exists"]
    folder.unlink()
    one.save(NAME, "origin", TOKEN)
    assert one.load(NAME, "origin", WALL) == TOKEN
    assert len(reports) == 1


def test_a_disk_that_hangs_holds_up_nobody_and_gathers_one_token_per_credential(tmp_path: Path) -> None:
    jobs: list[object] = []
    hanging = TokenStore(tmp_path, lambda _: None, jobs.append)
    for number in range(100):
        hanging.save(NAME, "origin", Token(f"t{number}", WALL + 60))
    assert len(jobs) == 1
    assert len(hanging._waiting) == 1


def test_the_real_thread_writes_before_the_store_is_closed(tmp_path: Path) -> None:
    one = TokenStore(tmp_path, lambda _: None)
    one.save(NAME, "origin", TOKEN)
    one.close()
    one.save(("vertex", "late"), "origin", TOKEN)
    assert one.load(NAME, "origin", WALL) == TOKEN
    assert one.load(("vertex", "late"), "origin", WALL) is None
    assert [thread for thread in threading.enumerate() if thread.name == "token-store"] == []


def test_origins_differ_wherever_their_parts_do() -> None:
    parts = [("a", "bc"), ("ab", "c"), ("abc", ""), ("", "abc")]
    assert len({origin(*pair) for pair in parts}) == len(parts)
    assert "secret" not in origin("secret", "x")
