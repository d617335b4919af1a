from mainstay.lab.provider.ask import tokens


def test_a_token_is_about_four_characters_and_there_is_at_least_one() -> None:
    assert tokens("") == 1
    assert tokens("a" * 40) == tokens(b"a" * 40) == 10
