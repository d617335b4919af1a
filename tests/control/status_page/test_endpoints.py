"""Where the page answers, and who may see it."""

from pathlib import Path

from mainstay.control.notices.webhook import Answer, Post, Webhook
from mainstay.control.people.roles import Role
from mainstay.control.status_page.endpoints import status_page_access, status_page_endpoints
from mainstay.control.status_page.subscribers import Subscribers
from mainstay.control.status_page.subscribing import Subscribing
from mainstay.control.web.access import least_role, methods_of


def send(_webhook: Webhook, _post: Post) -> Answer:
    return Answer(200)


def test_a_page_that_is_not_public_is_for_those_who_logged_in() -> None:
    access = status_page_access(is_public=False)
    assert least_role("/status/api/v2/summary.json", "GET", access) is Role.VIEWER
    assert methods_of("/status/subscribe", access) == ("GET", "HEAD")


def test_a_public_page_is_for_everybody() -> None:
    access = status_page_access(is_public=True)
    for path in ("/status", "/status/", "/status/incidents/INC-1.html"):
        assert least_role(path, "GET", access) is None
    assert methods_of("/status/subscribe", access) == ("POST",)
    assert methods_of("/other", access) == ()


def test_every_path_of_the_table_has_an_endpoint(tmp_path: Path) -> None:
    subscribing = Subscribing(Subscribers(tmp_path), send, lambda: 0.0, lambda: 0.0)
    assert status_page_endpoints(tmp_path, subscribing).keys() == status_page_access(is_public=True).keys()
    assert status_page_endpoints(tmp_path, None).keys() == status_page_access(is_public=False).keys()
