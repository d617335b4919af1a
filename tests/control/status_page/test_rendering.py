"""The page as files. Above all: nothing in them that is nobody's business."""

import base64
import hashlib
import re

import pytest
from hypothesis import given, settings
from hypothesis.strategies import text
from msgspec.structs import replace

from mainstay.control.status_page.rendering import Renderer, day_words, instant, iso_minute, length
from mainstay.model.evidence import Evidence
from mainstay.model.incident import (
    Acknowledged,
    Affected,
    Impact,
    Linked,
    Noted,
    Opened,
    Pinned,
    Posted,
    Rated,
    Staffed,
)
from mainstay.model.settings import StatusPageSettings
from mainstay.ops.detection.values import Standing
from mainstay.ops.status.reading import status_view
from mainstay.ops.status.sources import Said, StatusSources
from mainstay.ops.status.traffic import TalliedSpan, traffic_day
from mainstay.ops.tallies.tally import AttemptTally, ExchangeTally, SpanTallies, TenantTally
from tests.ops.status.samples import NOW, OUT, TODAY, incident, open_incident, sources

RENDERER = Renderer(takes_subscribers=True)


def pages(given_sources: StatusSources) -> dict[str, str]:
    return {path: content.decode() for path, content in RENDERER.files(status_view(given_sources)).items()}


def with_secrets(secret: str, *, times: int = 1) -> StatusSources:
    """A page with a secret wherever there is one that strangers must not see, and `times` as much traffic."""
    tallies = SpanTallies(
        {"north/sonnet-v4": AttemptTally(100 * times, 99 * times, 1 * times, faults={secret: 3})},
        {f"sonnet {secret}": ExchangeTally(200 * times, 190 * times, 10 * times, cost_nanodollars=987_654_321)},
        {secret: TenantTally(100)},
    )
    day = traffic_day(TODAY, [TalliedSpan(TODAY, 3_600, tallies)], NOW)
    own = Evidence("own", secret, NOW, is_bad=True, words=secret, source=secret, measure=secret)
    opened = Opened("Slow", Impact.MINOR, "hand", NOW - 99, (Affected(f"upstream:{secret}", OUT),), "We look.", (own,))
    shown = incident(
        "INC-5",
        (NOW - 99, opened),
        (NOW - 98, Noted(secret)),
        (NOW - 97, Rated(Impact.MAJOR, secret)),
        (NOW - 96, Pinned(own)),
        (NOW - 95, Staffed("commander", secret)),
        (NOW - 94, Linked("order", secret, secret)),
        (NOW - 93, Acknowledged()),
        (NOW - 92, Posted("We know more.")),
        by=secret,
    )
    hidden = incident(
        "INC-6", (NOW - 9, Opened(secret, Impact.MAJOR, "hand", NOW - 9, (), secret, is_private=True)), by=secret
    )
    standing = Standing("upstream:north", "ill", NOW, secret, OUT, Impact.MAJOR, evidence=(own,), cause=secret)
    said = Said("north", OUT, "Their words", f"https://{secret}:{secret}@status.example/?key={secret}", None, NOW)
    base = sources()
    return replace(
        base,
        incidents=(shown, hidden, *base.incidents),
        standings=(standing, Standing(f"upstream:{secret}", "ill", NOW, secret, OUT, Impact.MAJOR)),
        traffic={name: (one,) for name, one in day.items()},
        said=(said, Said(secret, OUT, secret, secret)),
        settings=replace(base.settings, url=f"https://{secret}@status.acme.example/?{secret}"),
    )


@settings(max_examples=15, deadline=None)
@given(text("abcdefghij0123456789", min_size=12, max_size=30))
def test_no_secret_is_in_any_file(secret: str) -> None:
    for path, content in pages(with_secrets(f"zq{secret}")).items():
        assert f"zq{secret}" not in content, path
        assert f"zq{secret}" not in path


def test_that_test_would_find_one() -> None:
    leaking = replace(with_secrets("zqsecret"), settings=StatusPageSettings(support="call zqsecret"))
    assert "zqsecret" in pages(leaking)["index.html"]


def test_nothing_tells_how_much_traffic_there_is() -> None:
    assert pages(with_secrets("zqsecret", times=1)) == pages(with_secrets("zqsecret", times=1_000))


def test_a_component_that_is_not_shown_is_not_named() -> None:
    opened = Opened("Slow", Impact.MINOR, "hand", NOW - 99, (Affected("upstream:zqhidden", OUT),), "We look.")
    found = pages(replace(sources(), incidents=(incident("INC-5", (NOW - 99, opened)),)))
    assert [path for path, content in found.items() if "zqhidden" in content] == []


@settings(max_examples=15, deadline=None)
@given(text())
def test_words_of_people_are_text_and_nothing_else(words: str) -> None:
    hostile = f"<script>alert(1)</script>{words}\"'><img src=x>{{{{7*7}}}}"
    state = incident("INC-5", (NOW - 9, Opened(hostile, Impact.MINOR, "hand", NOW - 9)), (NOW - 8, Posted(hostile)))
    said = Said("north", OUT, hostile, "javascript:alert(1)", None, NOW)
    settings_of_page = StatusPageSettings(hostile, "javascript:alert(1)", support=hostile)
    found = pages(replace(sources(), incidents=(state,), said=(said,), settings=settings_of_page))
    for path in ("index.html", "history.html", "incidents/INC-5.html"):
        assert "<script>alert" not in found[path]
        assert "<img" not in found[path]
        assert "javascript:" not in found[path]
    assert "{{7*7}}" in found["index.html"]


def test_every_link_within_leads_to_a_file() -> None:
    found = pages(sources())
    for path, content in found.items():
        for link in re.findall(r'(?:href|src)="([^"#]+)', content) if path.endswith(".html") else ():
            if ":" not in link:
                up = link.removeprefix("../")
                assert (up if "/" in path else link) in found, (path, link)


def test_the_style_is_allowed_and_no_other() -> None:
    page = pages(sources())["index.html"]
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src &#39;sha256-{digest}&#39;;" in page
    assert " style=" not in page


def test_the_page_says_when_it_was_written_and_what_that_means() -> None:
    page = pages(sources())["index.html"]
    assert '<time data-written datetime="2026-05-28T20:30:00Z">2026-05-28 20:30 UTC</time>' in page
    assert "more than 5 minutes ago, our own systems may be in trouble" in page


def test_only_where_webhooks_are_taken_they_are_offered() -> None:
    view = status_view(sources())
    assert b"/subscribe</code>" in RENDERER.files(view)["index.html"]
    assert b"/subscribe</code>" not in Renderer().files(view)["index.html"]


def test_days_without_data_are_not_called_good() -> None:
    page = pages(replace(sources(), traffic={}, incidents=(), standings=()))["index.html"]
    assert "no data" in page
    assert "100.00" not in page
    assert "0 with trouble, 90 without data" in page


def test_the_front_page_comes_last() -> None:
    assert list(pages(sources()))[-1] == "index.html"


def test_by_the_mere_passing_of_time_little_is_written_anew() -> None:
    now, later = pages(sources()), pages(replace(sources(), at=NOW + 60))
    changed = {path for path, content in now.items() if later[path] != content}
    assert changed == {"index.html", "api/v2/summary.json", "api/v2/status.json"}


def test_an_incident_has_a_page_of_its_own() -> None:
    page = pages(sources())["incidents/INC-2.html"]
    assert "A provider is down. Others serve for it." in page
    assert "sonnet-v4 at north" in page


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "less than a minute"), (61, "1 min"), (7_000, "117 min"), (9_000, "2.5 h"), (400_000, "4.6 d")],
)
def test_lengths_are_in_words(seconds: float, words: str) -> None:
    assert length(seconds) == words


def test_instants_are_in_words() -> None:
    assert (instant(NOW), iso_minute(NOW), day_words(NOW)) == (
        "2026-05-28 20:30 UTC",
        "2026-05-28T20:30:00Z",
        "2026-05-28",
    )
    assert instant(1e300) == "an unknown time"


def test_many_components_are_not_a_large_page() -> None:
    models = tuple(f"model-{number}" for number in range(50))
    many = replace(sources(), models=models, incidents=(open_incident(),))
    assert len(pages(many)["index.html"]) < 200_000
