"""Where a decision of detection belongs."""

from msgspec.structs import replace

from mainstay.model.incident import Affected, ComponentStatus, Impact, IncidentStatus, Merged, Moved
from mainstay.ops.incidents.placing import REOPEN_SECONDS, Place, opening, place, shown, title
from mainstay.ops.incidents.state import IncidentState
from tests.ops.incidents.events import ILL, LOGIN, NOON, UPSTREAM, Step, decision, incident, opened

NOW = NOON + 600
BAD = ComponentStatus.MAJOR_OUTAGE


def named(name: str, *steps: Step) -> IncidentState:
    return replace(incident(*steps), id=name)


def about(name: str, component: str, *more: Step) -> IncidentState:
    return named(name, (0, opened(Affected(component, BAD))), *more)


def test_the_same_component_belongs_to_the_same_incident() -> None:
    others = [about("INC-1", "upstream:openai"), about("INC-2", UPSTREAM)]
    assert place(decision("ill"), others, NOW) == Place("INC-2")


def test_a_new_trouble_is_a_new_incident() -> None:
    assert place(decision("ill"), [], NOW) is None
    assert place(decision("ill"), [about("INC-1", "upstream:openai")], NOW) is None
    assert place(decision("ill"), [named("INC-1", (0, opened()))], NOW) is None


def test_parts_of_one_provider_are_one_trouble() -> None:
    assert place(decision("ill", component=LOGIN), [about("INC-1", "upstream:anthropic/opus")], NOW) == Place("INC-1")


def test_one_group_is_one_trouble() -> None:
    state = named("INC-1", (0, replace(opened(ILL), group="aws")))
    assert place(decision("ill", component="upstream:openai", group="aws"), [state], NOW) == Place("INC-1")
    assert place(decision("ill", component="upstream:openai", group="gcp"), [state], NOW) is None
    assert place(decision("ill", component="upstream:openai"), [named("INC-1", (0, opened(ILL)))], NOW) is None


def test_a_model_hangs_together_with_who_serves_it() -> None:
    model = decision("ill", component="model:claude")
    assert place(model, [about("INC-1", "upstream:anthropic/opus")], NOW, frozenset({UPSTREAM})) == Place("INC-1")
    assert place(model, [about("INC-1", "upstream:anthropic/opus")], NOW) is None
    served = frozenset({"model:claude"})
    assert place(decision("ill"), [about("INC-1", "model:claude")], NOW, served) == Place("INC-1")


def test_two_providers_of_one_model_are_two_troubles() -> None:
    openai = named("INC-1", (0, opened(Affected("upstream:openai", BAD), Affected("model:claude", BAD))))
    assert place(decision("ill"), [openai], NOW, frozenset({"model:claude"})) is None


def test_what_was_resolved_a_short_time_ago_is_reopened() -> None:
    state = about("INC-1", UPSTREAM, (60, Moved(IncidentStatus.RESOLVED)))
    assert place(decision("ill"), [state], NOON + 60 + REOPEN_SECONDS - 1) == Place("INC-1", reopens=True)
    assert place(decision("ill"), [state], NOON + 60 + REOPEN_SECONDS) is None


def test_what_is_open_comes_before_what_is_resolved() -> None:
    states = [about("INC-1", "upstream:anthropic/opus"), about("INC-2", UPSTREAM, (60, Moved(IncidentStatus.RESOLVED)))]
    assert place(decision("ill"), states, NOW) == Place("INC-1")


def test_what_was_merged_goes_on_elsewhere() -> None:
    states = [about("INC-1", UPSTREAM, (1, Merged("INC-2"))), about("INC-2", "upstream:openai")]
    assert place(decision("ill"), states, NOW) == Place("INC-2")
    assert place(decision("ill"), [about("INC-1", UPSTREAM, (1, Merged("INC-9")))], NOW) is None
    circle = [about("INC-1", UPSTREAM, (1, Merged("INC-2"))), about("INC-2", UPSTREAM, (1, Merged("INC-1")))]
    assert place(decision("ill"), circle, NOW) is None


def test_a_new_incident_says_what_is_known() -> None:
    found = opening(decision("ill", group="anthropic", impact=Impact.CRITICAL))
    assert (found.title, found.impact, found.source) == ("anthropic: most requests fail", Impact.CRITICAL, "detection")
    assert (found.affected, found.started_at, found.group) == ((ILL,), NOON, "anthropic")
    assert [one.words for one in found.evidence] == ["upstream:anthropic is ill"]
    assert found.text == "Found by our monitoring. Requests go to other providers where the configuration allows it."
    assert opening(decision("ill", component="gateway")).text == "Found by our monitoring. We look into it."
    assert opening(decision("ill", component=LOGIN)).text == "Found by our monitoring. We look into it."


def test_titles() -> None:
    degraded = ComponentStatus.DEGRADED
    assert title(decision("ill", component=LOGIN)) == "anthropic login fails"
    assert title(decision("ill", degraded, component="model:claude")) == "claude: slow or unreliable"
    assert (
        title(decision("ill", ComponentStatus.PARTIAL_OUTAGE, component="gateway"))
        == "gateway: part of the requests fails"
    )
    caused = replace(decision("ill"), cause="aws-us-east-1")
    assert title(caused) == "aws-us-east-1: trouble of what depends on it, anthropic first"
    assert len(title(decision("ill", component="model:" + "x" * 500))) == 200


def test_components_for_people() -> None:
    assert shown("upstream:anthropic/opus") == "anthropic opus"
    assert shown("upstream:anthropic#admin") == "anthropic administration"
    assert shown("nonsense") == "nonsense"
