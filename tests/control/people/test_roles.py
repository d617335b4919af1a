import pytest

from mainstay.control.people.roles import ROLE_WORDS, Role, role_of


def test_a_higher_role_may_do_all_that_a_lower_one_may() -> None:
    assert Role.VIEWER < Role.OPERATOR < Role.ADMIN


def test_words_and_roles_go_back_and_forth() -> None:
    assert [role.word for role in Role] == list(ROLE_WORDS)
    assert [role_of(word) for word in ROLE_WORDS] == list(Role)


@pytest.mark.parametrize("word", ["", "root", "ADMIN", " admin", "admin\n", "1"])
def test_other_words_are_no_roles(word: str) -> None:
    assert role_of(word) is None
