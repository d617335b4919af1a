import msgspec
import pytest

from mainstay.config.known_models import known_capabilities
from mainstay.config.snapshot import Snapshot
from mainstay.model.catalogue import Candidate, Capabilities, Menu, PrefillForm, Skipped
from tests.config.conftest import LoadText

WORKLOADS = """
  "*": {candidates: [{upstream: anthropic}, {upstream: openai, model: gpt, substitute: true}]}
workloads:
  own: {substitutes: never, residency: [eu]}
"""


@pytest.fixture
def snapshot(load_yaml: LoadText, good: str) -> Snapshot:
    loaded = load_yaml(good.rstrip() + WORKLOADS)
    assert loaded.snapshot is not None
    return loaded.snapshot


def served(menu: Menu | None) -> list[tuple[str, str]]:
    assert menu is not None
    return [(candidate.upstream.name, candidate.model) for candidate in menu.candidates]


def test_a_menu_lists_the_candidates_in_order_of_preference(snapshot: Snapshot) -> None:
    assert served(snapshot.menu("claude", "default")) == [("anthropic", "claude"), ("openai", "gpt")]


def test_the_same_menu_is_given_each_time(snapshot: Snapshot) -> None:
    assert snapshot.menu("claude", "default") is snapshot.menu("claude", "default")


def test_policy_leaves_its_reasons_in_the_menu(snapshot: Snapshot) -> None:
    menu = snapshot.menu("claude", "own")
    assert menu is not None
    assert menu.candidates == ()
    assert menu.skipped == (
        Skipped("anthropic", "claude", "residency: us is not in eu"),
        Skipped("openai", "gpt", "residency: the upstream states no region"),
    )


def test_the_wildcard_serves_every_other_name_under_that_name(snapshot: Snapshot) -> None:
    menu = snapshot.menu("claude-next", "default")
    assert served(menu) == [("anthropic", "claude-next"), ("openai", "gpt")]
    assert menu is not None
    assert menu.model == "claude-next"


def test_the_wildcard_obeys_policy_too(snapshot: Snapshot) -> None:
    menu = snapshot.menu("claude-next", "own")
    assert served(menu) == []
    assert menu is not None
    assert [skip.model for skip in menu.skipped] == ["claude-next", "gpt"]


def test_a_name_that_passes_through_is_marked_and_one_that_is_written_down_is_not(snapshot: Snapshot) -> None:
    menu = snapshot.menu("claude-next", "default")
    assert menu is not None
    assert [candidate.passes_through for candidate in menu.candidates] == [True, False]


def test_a_listed_model_does_not_pass_through(snapshot: Snapshot) -> None:
    menu = snapshot.menu("claude", "default")
    assert menu is not None
    assert not any(candidate.passes_through for candidate in menu.candidates)


def test_of_a_name_that_passes_through_is_known_what_its_name_says(snapshot: Snapshot) -> None:
    menu = snapshot.menu("gpt-4", "default")
    assert menu is not None
    asked, written_down = menu.candidates
    assert (asked.capabilities.context_tokens, asked.declared) == (8_192, ())
    assert written_down.capabilities == Capabilities()


def named(load_yaml: LoadText, good: str, section: str, model: str) -> Candidate:
    """The candidate that a name which passes through gets from the first upstream, with this said of it."""
    snapshot = load_yaml(good.replace("    region: us", f"    {section}").rstrip() + WORKLOADS).snapshot
    assert snapshot is not None
    menu = snapshot.menu(model, "default")
    assert menu is not None
    return menu.candidates[0]


def test_what_the_file_says_of_an_upstream_holds_for_every_name_that_passes(load_yaml: LoadText, good: str) -> None:
    one = named(load_yaml, good, "capabilities: {context_tokens: 9}", "gpt-4")
    assert (one.capabilities.context_tokens, one.declared) == (9, ("context_tokens",))


@pytest.mark.parametrize(
    ("said", "changes"),
    [
        ("context_tokens: 9", {"context_tokens": 9}),
        ("tools: false, images: false", {"tools": False, "images": False}),
        ("output_tokens: 5", {"output_tokens": 5}),
        ("prefill: prefix", {"prefill": True, "prefill_form": PrefillForm.PREFIX}),
        ("prefill: true", {}),
        ("prefill: false", {"prefill": False}),
    ],
)
def test_where_the_file_says_nothing_the_name_says_it(
    load_yaml: LoadText, good: str, said: str, changes: dict[str, object]
) -> None:
    known = known_capabilities("claude-sonnet-4-5")
    assert (known.prefill, known.images, known.context_tokens) == (True, True, 200_000)
    one = named(load_yaml, good, f"capabilities: {{{said}}}", "claude-sonnet-4-5")
    assert msgspec.structs.asdict(one.capabilities) == msgspec.structs.asdict(known) | changes
    assert one.declared


def test_a_name_that_nobody_knows_is_what_the_file_says(load_yaml: LoadText, good: str) -> None:
    one = named(load_yaml, good, "capabilities: {tools: false, context_tokens: 9}", "house-model")
    assert one.capabilities == Capabilities(tools=False, context_tokens=9)


def test_each_name_is_known_for_itself(load_yaml: LoadText, good: str) -> None:
    section = "capabilities: {tools: true}"
    windows = [named(load_yaml, good, section, model).capabilities.context_tokens for model in ("gpt-4", "gpt-4.1")]
    assert windows == [8_192, 1_047_576]


@pytest.mark.parametrize("model", ["m", "x" * 200, "org/name:1"])
def test_any_other_word_may_be_a_name(snapshot: Snapshot, model: str) -> None:
    assert served(snapshot.menu(model, "default"))[0] == ("anthropic", model)


@pytest.mark.parametrize("model", ["", "*", "a b", "a\nb", "é", "x" * 201])
def test_what_cannot_be_a_name_matches_nothing(snapshot: Snapshot, model: str) -> None:
    assert snapshot.menu(model, "default") is None


def test_an_unknown_workload_is_not_taken_for_the_default(snapshot: Snapshot) -> None:
    assert snapshot.menu("claude", "unknown") is None


def test_an_unknown_model_has_no_menu_without_a_wildcard(load_yaml: LoadText, good: str) -> None:
    loaded = load_yaml(good)
    assert loaded.snapshot is not None
    assert loaded.snapshot.menu("claude-next", "default") is None


def test_the_wildcard_is_not_listed_to_callers(snapshot: Snapshot) -> None:
    assert snapshot.model_names == ("claude",)


def test_no_secret_shows_in_a_snapshot(snapshot: Snapshot) -> None:
    assert "secret-value" not in repr(snapshot)
    assert snapshot.upstreams[0].credentials[0].key == "secret-value"
