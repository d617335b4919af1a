from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from mainstay.config.schema import File
from mainstay.config.shape import Shaped, shape
from mainstay.config.yaml_text import Tree


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    size: Annotated[int, Meta(ge=1, lt=5, description="a whole number from 1 to 4")]
    share: Annotated[float, Meta(gt=0, le=1, description="a share above 0 and at most 1")] = 0.5


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    parts: dict[str, Inner]
    name: Annotated[str, Meta(pattern="^[a-z]+$", description="a word of lower-case letters")] = "x"
    on: bool = False
    mode: Literal["fast", "safe"] = "safe"
    either: Literal["off"] | Inner = "off"
    items: Annotated[tuple[Inner, ...], Meta(max_length=2, description="a list of at most 2 items")] = ()


def messages(shaped: Shaped[Outer]) -> dict[str, str]:
    return {mistake.path: mistake.message for mistake in shaped.mistakes}


def test_a_good_tree_is_built() -> None:
    shaped = shape({"parts": {"a": {"size": 1, "share": 1}}, "either": {"size": 2}, "items": [{"size": 3}]}, Outer)
    assert shaped.mistakes == ()
    assert shaped.value == Outer(parts={"a": Inner(1, 1.0)}, either=Inner(2), items=(Inner(3),))


def test_every_mistake_is_found_at_once() -> None:
    tree: Tree = {"parts": {"a": {"size": 0, "shar": 1}, "b": {}}, "name": "A", "on": "yes", "mode": "fsat", "extra": 1}
    assert messages(shape(tree, Outer)) == {
        "parts.a.size": "must be a whole number from 1 to 4; it is 0",
        "parts.a.shar": "is not a known key; did you mean share?",
        "parts.b.size": "is missing",
        "name": "must be a word of lower-case letters; it is another text",
        "on": "must be true or false; it is another text",
        "mode": "must be one of fast, safe; did you mean fast?",
        "extra": "is not a known key; known: either, items, mode, name, on, parts",
    }


@pytest.mark.parametrize("size", [0, 5, True, 1.0, "1", None, [], {}])
def test_a_whole_number_in_range_is_nothing_else(size: Tree) -> None:
    assert list(messages(shape({"parts": {"a": {"size": size}}}, Outer))) == ["parts.a.size"]


@pytest.mark.parametrize("share", [0, 1.1, float("nan"), float("inf"), False, "0.5", None])
def test_a_number_in_range_is_finite(share: Tree) -> None:
    assert list(messages(shape({"parts": {"a": {"size": 1, "share": share}}}, Outer))) == ["parts.a.share"]


def test_a_pattern_covers_the_whole_text() -> None:
    assert "name" in messages(shape({"parts": {}, "name": "word\n"}, Outer))


def test_a_wrong_text_is_not_repeated() -> None:
    shaped = shape({"parts": {}, "name": "sk-SECRET", "on": "sk-SECRET", "mode": "sk-SECRET"}, Outer)
    assert len(shaped.mistakes) == 3
    assert "SECRET" not in str(shaped)


def test_a_union_of_word_and_mapping_names_both() -> None:
    assert "must be off, or a mapping" in messages(shape({"parts": {}, "either": "on"}, Outer))["either"]


@pytest.mark.parametrize("tree", [None, [], "text", 3])
def test_a_tree_that_is_no_mapping_gives_no_value(tree: Tree) -> None:
    shaped = shape(tree, Outer)
    assert shaped.value is None
    assert "must be a mapping" in shaped.mistakes[0].message


def test_sound_parts_remain_and_refused_ones_are_left_out() -> None:
    shaped = shape({"parts": {"good": {"size": 1}, "bad": {"size": 9}}, "mode": 7}, Outer)
    assert shaped.value == Outer(parts={"good": Inner(1)})


def test_items_keep_the_paths_they_have_in_the_file() -> None:
    shaped = shape({"parts": {}, "items": [{"size": 9}, {"size": 2}]}, Outer)
    assert shaped.value is not None
    assert list(shaped.items("items", shaped.value.items)) == [("items[1]", Inner(2))]


def test_a_list_that_is_too_long_is_refused_whole() -> None:
    shaped = shape({"parts": {}, "items": [{"size": 1}] * 3}, Outer)
    assert messages(shaped) == {"items": "must be a list of at most 2 items; it has 3"}


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["upstreams", "models", "candidates", "upstream", "timeouts", "x"]), inner)
    ),
    max_leaves=12,
)


@given(trees)
def test_no_tree_breaks_the_walk_and_what_is_built_is_valid(tree: Tree) -> None:
    shaped = shape(tree, File)
    if shaped.value is not None and not shaped.mistakes:
        assert msgspec.convert(tree, File) == shaped.value
