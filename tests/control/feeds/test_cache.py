from pathlib import Path

from mainstay.control.feeds.cache import FILE_BYTES_MAX, FeedCache, Kept
from mainstay.control.feeds.fetching import Marks
from mainstay.ops.feeds.fold import Memory

URL = "https://status.lab.example"


def test_what_was_said_is_known_after_a_restart(tmp_path: Path) -> None:
    lines: list[str] = []
    kept = Kept(URL, f"{URL}/api", {f"{URL}/api": Marks("e")}, Memory(read_at=5.0, name="Lab"))
    FeedCache(tmp_path, lines.append).save(kept)
    found = FeedCache(tmp_path, lines.append).load(URL)
    assert (found.found, found.marks, found.memory.name) == (kept.found, kept.marks, "Lab")
    assert lines == []


def test_a_damaged_file_is_as_good_as_none(tmp_path: Path) -> None:
    cache = FeedCache(tmp_path, print)
    cache.save(Kept(URL, "x"))
    (path,) = (tmp_path / "control" / "feeds").iterdir()
    path.write_bytes(b"{")
    assert cache.load(URL) == Kept(URL)
    path.write_bytes(b" " * (FILE_BYTES_MAX + 1))
    assert cache.load(URL) == Kept(URL)


def test_pages_that_nobody_names_are_forgotten(tmp_path: Path) -> None:
    cache = FeedCache(tmp_path, print)
    cache.save(Kept(URL, "x"))
    cache.save(Kept("https://other.example", "y"))
    cache.forget_others([URL])
    assert cache.load(URL).found == "x"
    assert cache.load("https://other.example").found == ""


def test_a_disk_that_fails_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "control").write_text("in the way")
    lines: list[str] = []
    cache = FeedCache(tmp_path, lines.append)
    cache.save(Kept(URL))
    cache.save(Kept(URL))
    cache.forget_others([])
    assert len(lines) == 1
    assert "cannot be written" in lines[0]
