import pytest

from mainstay.model.incident import ComponentStatus
from mainstay.ops.feeds.claims import About, claims_of
from mainstay.ops.feeds.page import FeedKind, Page
from tests.ops.feeds.pages import DEGRADED, MAJOR, PARTIAL, WELL, at, incident, page, update

OPUS, HAIKU = "claude-opus-4-6", "claude-haiku-4-5"
ABOUT = About("anthropic", (OPUS, HAIKU))
LISTED = {"site": WELL, "Console": WELL, "Claude API": WELL, "Government": WELL}


def claimed(shown: Page, about: About = ABOUT) -> dict[str, ComponentStatus]:
    return {name: claim.status for name, claim in claims_of(shown, about, at("23:00")).items()}


def test_all_well_claims_nothing() -> None:
    assert claimed(page(components=LISTED)) == {}


def test_what_is_listed_and_is_not_ours_claims_nothing() -> None:
    shown = page(incident("a", "Site is slow", update("11:00", touched={"site": MAJOR})), components=LISTED)
    assert claimed(shown) == {}


def test_the_api_stands_for_the_upstream() -> None:
    shown = page(incident("a", "Elevated errors", update("11:00", touched={"Claude API": PARTIAL})), components=LISTED)
    assert claimed(shown) == {"upstream:anthropic": PARTIAL}


def test_a_state_that_no_incident_explains_counts_too() -> None:
    assert claimed(page(components=LISTED | {"Claude API": MAJOR})) == {"upstream:anthropic": MAJOR}


def test_a_model_in_a_title_is_that_model_alone() -> None:
    said = update("14:35", touched={"Claude API": DEGRADED, "site": DEGRADED})
    shown = page(incident("a", "Elevated errors on Opus 4.6", said), components=LISTED | {"Claude API": DEGRADED})
    assert claimed(shown) == {f"upstream:anthropic/{OPUS}": DEGRADED}


def test_a_model_is_found_in_a_text_as_well() -> None:
    said = update("14:35", text="We see errors with Haiku 4.5.", touched={"Claude API": DEGRADED})
    shown = page(incident("a", "Elevated errors", said), components=LISTED | {"Claude API": DEGRADED})
    assert claimed(shown) == {f"upstream:anthropic/{HAIKU}": DEGRADED}


def test_a_worse_state_than_the_named_model_explains_is_the_upstreams() -> None:
    said = update("14:35", touched={"Claude API": DEGRADED})
    shown = page(incident("a", "Opus 4.6 errors", said), components=LISTED | {"Claude API": MAJOR})
    assert claimed(shown) == {f"upstream:anthropic/{OPUS}": DEGRADED, "upstream:anthropic": MAJOR}


def test_login_down_while_the_api_is_up() -> None:
    shown = page(
        incident(
            "a",
            "Elevated errors: site",
            update("11:49", touched={"site": PARTIAL}),
            update("12:06", touched={"Claude API": PARTIAL, "Government": PARTIAL}),
            update(
                "12:21",
                text="The API works as intended. The trouble is with login and logout.",
                touched={"Claude API": WELL, "Government": WELL},
            ),
        ),
        components=LISTED | {"site": PARTIAL},
    )
    assert claimed(shown) == {"upstream:anthropic#login": PARTIAL}


def test_an_incident_of_the_administration_is_none_of_inference() -> None:
    said = update("16:49", touched={"Console": PARTIAL, "Claude API": PARTIAL})
    shown = page(
        incident("a", "Usage reporting and admin API degraded", said),
        components=LISTED | {"Claude API": PARTIAL, "Console": PARTIAL},
    )
    assert claimed(shown) == {"upstream:anthropic#admin": PARTIAL}


def test_a_component_in_a_title_counts_where_no_update_tells_any() -> None:
    assert claimed(page(incident("a", "Elevated errors: site"), components=LISTED)) == {}
    assert claimed(page(incident("a", "Errors of the Claude API"), components=LISTED)) == {
        "upstream:anthropic": DEGRADED
    }


def test_an_incident_of_a_model_is_none_of_the_console_that_shows_it() -> None:
    said = update("14:35", touched={"Claude API": DEGRADED, "Console": DEGRADED})
    shown = page(
        incident("a", "Elevated errors on Opus 4.6", said),
        components=LISTED | {"Claude API": DEGRADED, "Console": DEGRADED},
    )
    assert claimed(shown) == {f"upstream:anthropic/{OPUS}": DEGRADED}


def test_an_incident_that_names_nothing_is_about_the_whole() -> None:
    assert claimed(page(incident("a", "Outage", impact="critical"))) == {"upstream:anthropic": MAJOR}


def test_a_page_that_knows_no_api_is_about_the_whole() -> None:
    shown = page(incident("a", "Trouble", update("11:00", touched={"Europe": PARTIAL})), components={"Europe": WELL})
    assert claimed(shown) == {"upstream:anthropic": PARTIAL}


@pytest.mark.parametrize(
    ("product", "expected"),
    [
        ("Vertex Gemini API", {"upstream:vertex": PARTIAL}),
        ("Identity and Access Management", {"upstream:vertex#login": PARTIAL}),
        ("Google Compute Engine", {}),
        ("API Gateway", {}),
    ],
)
def test_of_a_clouds_many_products_few_matter(product: str, expected: dict[str, ComponentStatus]) -> None:
    shown = page(incident("a", "Errors", update("11:00", touched={product: PARTIAL})), kind=FeedKind.GOOGLE)
    assert claimed(shown, About("vertex")) == expected


def test_a_listed_component_of_a_model_is_that_model() -> None:
    shown = page(components={"API": WELL, "Claude Opus 4.6": PARTIAL, "Login": DEGRADED})
    assert claimed(shown) == {f"upstream:anthropic/{OPUS}": PARTIAL, "upstream:anthropic#login": DEGRADED}


def test_a_claim_tells_by_what_and_when_it_was_said() -> None:
    shown = page(
        incident("abc", "Elevated errors", update("11:00", touched={"API": PARTIAL})), components={"API": WELL}
    )
    claim = claims_of(shown, ABOUT, at("12:00"))["upstream:anthropic"]
    assert (claim.words, claim.said_at, claim.incident) == ("Elevated errors (investigating)", at("11:00"), "abc")
    assert claims_of(shown, ABOUT, at("10:00"))["upstream:anthropic"].said_at == at("10:00")


def test_of_two_incidents_the_worse_one_counts() -> None:
    shown = page(
        incident("a", "Errors", update("11:00", touched={"API": PARTIAL})),
        incident("b", "Errors", update("12:00", touched={"API": DEGRADED})),
        components={"API": DEGRADED},
    )
    assert claims_of(shown, ABOUT, at("13:00"))["upstream:anthropic"].incident == "a"
