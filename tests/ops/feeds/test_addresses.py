import pytest

from mainstay.ops.feeds.addresses import ROOTS, addresses, companion
from mainstay.ops.feeds.page import FeedKind


@pytest.mark.parametrize("url", ["https://status.lab.example", "https://status.lab.example/", "https://lab.example/en"])
def test_below_a_site_every_known_place_is_tried(url: str) -> None:
    assert addresses(url) == tuple(f"{url.rstrip('/')}{path}" for path in ROOTS)


@pytest.mark.parametrize(
    "url",
    [
        "https://status.lab.example/api/v2/summary.json",
        "https://status.cloud.example/incidents.json",
        "https://status.lab.example/history.rss",
        "https://status.lab.example/feed/",
        "https://azure.lab.example/status/feed",
    ],
)
def test_the_address_of_a_file_is_meant_as_it_is(url: str) -> None:
    assert addresses(url) == (url,)


@pytest.mark.parametrize(
    ("url", "kind", "second"),
    [
        ("https://a.b/api/v2/summary.json", FeedKind.STATUSPAGE, "https://a.b/api/v2/incidents.json"),
        ("https://a.b/api/v2/incidents.json", FeedKind.STATUSPAGE, "https://a.b/api/v2/components.json"),
        ("https://a.b/summary.json", FeedKind.INSTATUS, "https://a.b/v2/components.json"),
        ("https://a.b/incidents.json", FeedKind.GOOGLE, None),
        ("https://a.b/history.atom", FeedKind.ATOM, None),
    ],
)
def test_some_pages_tell_the_rest_elsewhere(url: str, kind: FeedKind, second: str | None) -> None:
    assert companion(url, kind) == second
