import pytest

from mainstay.ops.feeds.naming import Named, named_in, troubled_in

OPUS = "claude-opus-4-6-20260205"
OLD_OPUS = "claude-opus-4-20250514"
SONNET = "us.anthropic.claude-sonnet-4-6-v1:0"
CLASSIC = "claude-3-5-sonnet-20241022"
HAIKU = "claude-haiku-4-5"
GPT = "gpt-4o-2024-08-06"
GPT_MINI = "gpt-4o-mini"
GEMINI = "publishers/google/models/gemini-2.5-pro"
MODELS = (OPUS, OLD_OPUS, SONNET, CLASSIC, HAIKU, GPT, GPT_MINI, GEMINI)


@pytest.mark.parametrize(
    ("text", "models"),
    [
        ("Elevated errors on Claude Opus 4.6", {OPUS}),
        ("Elevated errors on claude-opus-4-6", {OPUS}),
        ("Opus 4 is slow", {OLD_OPUS}),
        ("Elevated errors on Sonnet 4.6 and Haiku 4.5", {SONNET, HAIKU}),
        ("3.5 Sonnet", {CLASSIC}),
        ("Claude Sonnet 3.5 errors", {CLASSIC}),
        ("All Opus models are affected", {OPUS, OLD_OPUS}),
        ("GPT-4o latency", {GPT}),
        ("GPT-4o mini latency", {GPT_MINI}),
        ("Increased errors for Gemini 2.5 Pro", {GEMINI}),
        ("Errors with Gemini 2.5 Flash", set()),
        ("Opus 4.7 errors", set()),
        ("GPT is slow", set()),
        ("Errors 4.6 % of requests", set()),
        ("Elevated errors", set()),
    ],
)
def test_models_are_named_as_people_name_them(text: str, models: set[str]) -> None:
    assert named_in(text, MODELS).models == models


@pytest.mark.parametrize(
    "text",
    ["Login fails", "Users cannot log in", "Sign-in errors", "Authentication errors", "OAuth token endpoint", "SSO"],
)
def test_the_login_is_named_in_many_ways(text: str) -> None:
    assert named_in(text, ()).login


def test_the_administration_is_not_the_api() -> None:
    named = named_in("Admin API and usage reporting", ())
    assert (named.admin, named.admin_api, named.inference) == (True, True, False)
    named = named_in("Admin API and Messages API", ())
    assert (named.admin, named.inference) == (True, True)


@pytest.mark.parametrize("text", ["Catalogins of dogs", "authors", "blogging", "capital"])
def test_other_words_name_nothing(text: str) -> None:
    assert named_in(text, MODELS) == Named()


def test_a_clause_that_says_that_something_is_well_names_no_trouble() -> None:
    named = troubled_in("The API works as intended; the trouble is with login and logout paths.", MODELS)
    assert (named.login, named.inference) == (True, False)
    named = troubled_in("Opus 4.6 has recovered. We still see errors on Haiku 4.5.", MODELS)
    assert named.models == {HAIKU}


def test_nothing_of_a_model_that_has_no_name_of_its_own_is_found() -> None:
    assert named_in("Claude is down", ("claude",)).models == frozenset()
