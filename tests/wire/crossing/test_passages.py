"""Who may serve a call, and who may not and why, with everything that this version speaks."""

import msgspec
import pytest

from mainstay.model.call import Call, CallKind
from mainstay.model.catalogue import Candidate, Capabilities, Platform, Workload
from mainstay.wire.crossing.passage import Translated, Verbatim
from mainstay.wire.registry import SPEECH
from tests.wire.crossing.world import BODIES, WEATHER, call, candidate, passages

PNG = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}
WITH_IMAGE = [{"role": "user", "content": [PNG]}]
WITH_FILE = [{"role": "user", "content": [{"type": "image", "source": {"type": "file", "file_id": "file_1"}}]}]
SEARCH = {"type": "web_search_20250305", "name": "web_search"}
BLIND = Capabilities(images=False)
STRICT = Workload(strict=True)
FAITHFUL = Workload(substitutes=False)
COUNTING = "/v1/messages/count_tokens"


def served_by(asked: Call, *candidates: Candidate, workload: Workload | None = None) -> list[str]:
    fit, _ = passages(asked, workload).fitting(candidates)
    return [one.upstream.name for one in fit]


def passing(dialect: str, name: str = "") -> Candidate:
    """One who serves under any name."""
    return msgspec.structs.replace(candidate(dialect, name, "claude"), passes_through=True)


def reasons(asked: Call, *candidates: Candidate, workload: Workload | None = None) -> dict[str, str]:
    _, skipped = passages(asked, workload).fitting(candidates)
    return {one.upstream: one.reason for one in skipped}


# -- what a candidate can do


@pytest.mark.parametrize("dialect", ["anthropic", "openai-chat", "openai-responses", "bedrock", "gemini"])
@pytest.mark.parametrize("caller", sorted(BODIES))
def test_a_plain_request_may_be_served_anywhere(caller: str, dialect: str) -> None:
    one = candidate(dialect)
    assert passages(call(caller)).fitting((one,)) == ((one,), ())


def test_a_request_with_images_is_not_offered_where_images_are_declared_impossible() -> None:
    asked = call(messages=WITH_IMAGE)
    seeing, blind = candidate("openai-chat", "seeing"), candidate("openai-chat", "blind", able=BLIND, declared=True)
    own = candidate("anthropic", "own", able=BLIND, declared=True)
    assert served_by(asked, blind, seeing, own) == ["seeing"]
    assert reasons(asked, blind, seeing, own) == {"blind": "no images", "own": "no images"}
    assert served_by(call(), blind, seeing, own) == ["blind", "seeing", "own"], "without images all of them can"


def test_one_who_is_skipped_is_named_with_the_upstreams_own_model() -> None:
    _, (skipped,) = passages(call(messages=WITH_IMAGE)).fitting((candidate("openai-chat", "x", "gpt", BLIND),))
    assert (skipped.upstream, skipped.model, skipped.reason) == ("x", "gpt", "no images")


def test_what_is_only_known_of_a_model_binds_crossings_alone() -> None:
    small = Capabilities(images=False, tools=False, context_tokens=1, output_tokens=1)
    asked = call(messages=WITH_IMAGE, tools=[WEATHER])
    assert served_by(asked, candidate("anthropic", able=small), candidate("openai-chat", able=small)) == ["anthropic"]


def test_among_undeclared_candidates_of_the_callers_dialect_nobody_is_special() -> None:
    candidates = (candidate("anthropic", "a", able=BLIND), candidate("anthropic", "b"))
    fit, skipped = passages(call(messages=WITH_IMAGE)).fitting(candidates)
    assert fit is candidates
    assert skipped == ()


def test_a_request_too_long_for_a_window_goes_past_it_with_both_sizes() -> None:
    asked = call(messages=[{"role": "user", "content": "x" * 40_000}])
    small = candidate("openai-chat", able=Capabilities(context_tokens=8_192))
    assert reasons(asked, small) == {"openai-chat": "context window of 8192 tokens, about 10000 needed"}


def test_a_prefill_crosses_only_to_those_who_can_but_its_own_provider_may_judge() -> None:
    asked = call(messages=[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hel"}])
    able = candidate("openai-chat", "able", able=Capabilities(prefill=True))
    unable = candidate("openai-chat", "unable")
    own = candidate("anthropic", "own", able=Capabilities(images=True), declared=True)
    assert served_by(asked, unable, able, own) == ["able", "own"]
    assert reasons(asked, unable, able, own) == {"unable": "no prefill"}


# -- what cannot be told elsewhere


def test_a_request_that_no_other_dialect_can_tell_stays_and_is_named() -> None:
    asked = call(tools=[SEARCH], messages=[{"role": "user", "content": [{"type": "hologram"}]}])
    assert served_by(asked, candidate("openai-chat"), candidate("anthropic")) == ["anthropic"]
    assert reasons(asked, candidate("openai-chat"), candidate("anthropic")) == {
        "openai-chat": "cannot be told in openai-chat: block hologram, tool web_search_20250305"
    }


def test_a_request_that_makes_no_sense_is_for_its_own_provider_to_refuse() -> None:
    asked = msgspec.structs.replace(call(), body=b'{"model":"claude","max_tokens":1,"messages":7}')
    own = candidate("anthropic", able=BLIND, declared=True)
    assert served_by(asked, candidate("openai-chat"), own) == ["anthropic"]
    assert reasons(asked, candidate("openai-chat")) == {"openai-chat": "the request cannot be translated"}


# -- requests bound to one provider's state


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (call("openai-responses", previous_response_id="resp_1"), "previous_response_id"),
        (call("anthropic", container="container_1"), "container"),
        (call("anthropic", messages=WITH_FILE), "file id"),
    ],
    ids=["previous response", "container", "file"],
)
def test_a_bound_request_goes_only_to_the_first_upstream_of_its_dialect(asked: Call, field: str) -> None:
    candidates = (
        candidate("gemini"),
        candidate(asked.dialect, "home"),
        candidate(asked.dialect, "home", "another-model"),
        candidate(asked.dialect, "twin"),
    )
    assert served_by(asked, *candidates) == ["home", "home"]
    why = f"{asked.bound} is known to its own provider only"
    assert reasons(asked, *candidates) == {"gemini": why, "twin": why}
    assert field in asked.bound


def test_a_bound_request_has_one_home_even_where_all_speak_its_dialect() -> None:
    asked = call(container="container_1")
    assert served_by(asked, candidate("anthropic", "home"), candidate("anthropic", "twin")) == ["home"]


def test_a_bound_request_has_no_home_where_nobody_speaks_its_dialect() -> None:
    asked = call(container="container_1")
    assert served_by(asked, candidate("openai-chat"), candidate("gemini")) == []


# -- what is not an answer


def test_counting_tokens_never_crosses() -> None:
    asked = call(path=COUNTING)
    assert asked.kind is CallKind.COUNT_TOKENS
    assert served_by(asked, candidate("openai-chat"), candidate("anthropic"), candidate("bedrock")) == ["anthropic"]
    assert reasons(asked, candidate("openai-chat")) == {
        "openai-chat": "count-tokens is answered in its own dialect only"
    }


def test_counting_tokens_needs_no_abilities() -> None:
    asked = call(path=COUNTING, messages=WITH_IMAGE)
    assert served_by(asked, candidate("anthropic", able=BLIND, declared=True)) == ["anthropic"]


# -- names that pass through


def test_a_name_that_passes_through_means_something_in_its_own_dialect_only() -> None:
    other, own = (passing(dialect) for dialect in ("openai-chat", "anthropic"))
    listed = candidate("openai-chat", "listed")
    assert served_by(call(), other, own, listed) == ["anthropic", "listed"]
    assert served_by(call("openai-chat"), other, own, listed) == ["openai-chat", "listed"]


def test_who_passes_names_on_in_another_dialect_is_told_so_only_where_nobody_is_left() -> None:
    other, own = (passing(dialect, name=f"{dialect}-other") for dialect in ("openai-chat", "anthropic"))
    why = "passes names on to callers of its own dialect only"
    assert reasons(call(), other, own) == {}
    assert reasons(call(), other, candidate("openai-chat")) == {}
    assert (served_by(call(), other), reasons(call(), other)) == ([], {other.upstream.name: why})
    assert reasons(call(path=COUNTING), other) == {other.upstream.name: why}


def test_a_name_that_passes_through_is_bound_like_any_other() -> None:
    asked = call(container="container_1")
    assert served_by(asked, passing("openai-chat"), passing("anthropic", "home"), passing("anthropic", "twin")) == [
        "home"
    ]


# -- what models there are


def listing(dialect: str) -> Call:
    return SPEECH.dialects[dialect].models_call("/v1/models", "", ())


@pytest.mark.parametrize("platform", [Platform.AZURE, Platform.BEDROCK, Platform.VERTEX])
@pytest.mark.parametrize("dialect", ["anthropic", "openai-chat"])
def test_the_door_of_a_platform_lists_no_models(dialect: str, platform: Platform) -> None:
    cloud, own = candidate(dialect, "cloud", platform=platform), candidate(dialect, "own")
    assert served_by(listing(dialect), cloud, own) == ["own"]
    assert reasons(listing(dialect), cloud, own) == {}
    assert (served_by(listing(dialect), cloud), reasons(listing(dialect), cloud)) == ([], {"cloud": "lists no models"})


def test_a_list_of_models_is_in_the_callers_dialect() -> None:
    asked = listing("anthropic")
    assert served_by(asked, candidate("openai-chat"), candidate("anthropic")) == ["anthropic"]
    why = "models is answered in its own dialect only"
    assert reasons(asked, candidate("openai-chat"), candidate("anthropic")) == {"openai-chat": why}
    passes = passing("openai-chat")
    assert reasons(asked, passes) == {"openai-chat": "passes names on to callers of its own dialect only"}


def test_whoever_passes_names_on_lists_its_models_to_its_own_callers() -> None:
    asked = listing("anthropic")
    assert served_by(asked, passing("openai-chat"), passing("anthropic")) == ["anthropic"]
    assert reasons(asked, passing("openai-chat"), passing("anthropic")) == {}


def test_abilities_do_not_matter_to_a_list_of_models() -> None:
    assert served_by(listing("anthropic"), candidate("anthropic", able=BLIND, declared=True)) == ["anthropic"]


def test_a_platform_answers_all_the_same() -> None:
    cloud = candidate("anthropic", platform=Platform.VERTEX)
    own = candidate("openai-chat", "direct")
    assert served_by(call(), cloud, own) == ["anthropic", "direct"]
    assert served_by(call(path=COUNTING), cloud, own) == ["anthropic"]


# -- all or nothing


@pytest.mark.parametrize(
    ("workload", "rule"), [(STRICT, "strict"), (FAITHFUL, "substitutes: never")], ids=["strict", "never"]
)
def test_who_wants_all_or_nothing_is_not_served_where_something_is_lost(workload: Workload, rule: str) -> None:
    asked = call(top_k=5, context_management={"edits": []})
    places = (candidate("openai-chat", model="gpt-4o"), candidate("anthropic"))
    assert served_by(asked, *places) == ["openai-chat", "anthropic"], "others do not mind"
    assert served_by(asked, *places, workload=workload) == ["anthropic"]
    assert reasons(asked, *places, workload=workload) == {
        "openai-chat": f"{rule}: would lose context_management, top_k"
    }


@pytest.mark.parametrize("workload", [STRICT, FAITHFUL], ids=["strict", "never"])
def test_who_wants_all_or_nothing_crosses_where_nothing_is_lost(workload: Workload) -> None:
    assert served_by(call(), candidate("openai-chat"), workload=workload) == ["openai-chat"]


@pytest.mark.parametrize("workload", [STRICT, FAITHFUL], ids=["strict", "never"])
def test_who_wants_all_or_nothing_hears_first_what_cannot_be_told(workload: Workload) -> None:
    by_url = [{"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "https://a/b.png"}}]}]
    reason = reasons(call(messages=by_url), candidate("bedrock"), workload=workload)["bedrock"]
    assert "URL" in reason
    assert "would lose" not in reason


# -- the ways


def test_there_is_one_way_to_a_candidate() -> None:
    ways, one, other = passages(call()), candidate("openai-chat"), candidate("openai-chat")
    assert ways.to(one) is ways.to(one)
    assert ways.to(one) is not ways.to(other)


def test_the_way_that_was_judged_is_the_way_that_is_gone() -> None:
    ways, one = passages(call(), STRICT), candidate("openai-chat")
    ways.fitting((one,))
    judged = ways._known[id(one)]
    assert ways.to(one) is judged


def test_bytes_pass_within_a_dialect_and_are_translated_across() -> None:
    ways = passages(call())
    assert isinstance(ways.to(candidate("anthropic")), Verbatim)
    assert isinstance(ways.to(candidate("anthropic", platform=Platform.VERTEX)), Verbatim)
    assert isinstance(ways.to(candidate("openai-chat")), Translated)
