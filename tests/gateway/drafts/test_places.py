from pathlib import Path

import pytest

from mainstay.gateway.drafts.places import draft_path, is_exchange_id


def test_a_draft_stands_in_one_of_256_folders() -> None:
    path = draft_path(Path("/drafts"), "ex_1")
    assert path.parent.parent == Path("/drafts")
    assert (len(path.parent.name), path.name) == (2, "ex_1.draft")


@pytest.mark.parametrize("text", ["", "..", "a/b", "a.b", "ex 1", "ex_\n", "x" * 129, "ä"])
def test_what_could_choose_a_path_is_no_id(text: str) -> None:
    assert not is_exchange_id(text)


def test_ids_of_ours_are() -> None:
    assert is_exchange_id("ex_0190ab-Z")
