import pytest

from mainstay.gateway.drafts.owner import Owner, new_owner, read_owner


def test_each_life_has_a_token_of_its_own() -> None:
    first, second = new_owner("here/0"), new_owner("here/0")
    assert first.node == second.node
    assert first.token != second.token


def test_it_is_read_as_it_was_written() -> None:
    assert read_owner(str(Owner("here/0", "abc"))) == Owner("here/0", "abc")


@pytest.mark.parametrize("text", ["", "here/0", "here/0 ", " abc", "here/0 abc 1"])
def test_anything_else_is_nobody(text: str) -> None:
    assert read_owner(text) is None
