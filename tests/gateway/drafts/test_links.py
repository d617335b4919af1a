from pathlib import Path

import pytest

from mainstay.gateway.drafts.disk import Disk
from mainstay.gateway.drafts.links import Links


@pytest.fixture
def links(tmp_path: Path) -> Links:
    made = Links(tmp_path / "responses", Disk())
    made.read()
    return made


def test_a_link_is_found_also_by_the_next_process(links: Links, tmp_path: Path) -> None:
    links.add("resp_1", "ex_1")
    links.add("resp_2", "ex_2")
    again = Links(tmp_path / "responses", Disk())
    again.read()
    for one in (links, again):
        assert [one.find(name) for name in ("resp_1", "resp_2", "resp_3")] == ["ex_1", "ex_2", None]
    assert sorted(exchange for _, exchange in again.pairs()) == ["ex_1", "ex_2"]


def test_the_last_link_counts_and_the_same_twice_is_no_error(links: Links) -> None:
    name = links.add("resp_1", "ex_1")
    assert links.add("resp_1", "ex_1") == name
    assert links.add("resp_1", "ex_2") == name
    assert links.find("resp_1") == "ex_2"


def test_a_removed_link_is_gone(links: Links, tmp_path: Path) -> None:
    links.remove([links.add("resp_1", "ex_1")])
    assert links.find("resp_1") is None
    assert list((tmp_path / "responses").iterdir()) == []


@pytest.mark.parametrize("response_id", ["../../etc/passwd", "", "x" * 10_000, "a/b", "\ud800", "\x00"])
def test_no_id_chooses_a_path(links: Links, tmp_path: Path, response_id: str) -> None:
    links.add(response_id, "ex_1")
    assert links.find(response_id) == "ex_1"
    (file,) = (tmp_path / "responses").iterdir()
    assert len(file.name) == 32
