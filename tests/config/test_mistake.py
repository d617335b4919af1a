from mainstay.config.mistake import child_path, item_path, nearest_hint


def test_paths_are_dotted_and_count_list_items_from_zero() -> None:
    assert child_path("", "models") == "models"
    assert item_path(child_path("models", "m"), 1) == "models.m[1]"


def test_a_key_that_would_confuse_a_path_is_quoted() -> None:
    assert child_path("models", "gpt-5.1") == "models.'gpt-5.1'"
    assert child_path("models", "a\nb") == "models.'a\\nb'"


def test_a_hint_names_the_nearest_known_word() -> None:
    assert nearest_hint("base_ur", ["base_url", "region"]) == "; did you mean base_url?"


def test_a_hint_lists_what_is_known_when_nothing_is_near() -> None:
    assert nearest_hint("zzz", ["b", "a"]) == "; known: a, b"
    assert nearest_hint("zzz", []) == ""
