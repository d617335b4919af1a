"""All paths of operations: pages, what their forms send, their twins for programs, and the public status page."""

import time

from starlette.requests import Request
from starlette.responses import Response

from mainstay.control.console import Control
from mainstay.control.notices.webhook import post_webhook
from mainstay.control.status_page.endpoints import status_page_endpoints
from mainstay.control.status_page.subscribing import Subscribing
from mainstay.control.web.bench import Bench
from mainstay.control.web.choices import trouble_choices
from mainstay.control.web.incident_api import IncidentApi
from mainstay.control.web.incident_pages import IncidentPages
from mainstay.control.web.ledger_pages import LedgerPages
from mainstay.control.web.notification_pages import NotificationPages
from mainstay.control.web.order_pages import OrderPages
from mainstay.control.web.playbook_pages import PlaybookPages
from mainstay.control.web.static_files import Endpoint
from mainstay.control.web.status_pages import StatusPages
from mainstay.control.web.trouble_pages import TroublePages
from mainstay.control.web.upstream_pages import UpstreamPages


def operations_endpoints(bench: Bench, control: Control, *, is_public: bool) -> dict[str, Endpoint]:
    """Path -> endpoint. `is_public`: whether strangers may see the status page; then they may subscribe, too."""
    desks = bench.desks
    upstreams, ledger, notes = UpstreamPages(bench, control), LedgerPages(bench), NotificationPages(bench)
    status = StatusPages(bench)
    trouble = TroublePages(desks.trouble, bench.answers, lambda: trouble_choices(desks.snapshot()))
    subscribing = Subscribing(desks.subscribers, post_webhook, bench.wall, time.monotonic) if is_public else None
    return {
        "/upstreams": upstreams.page,
        "/upstreams/{name}": upstreams.one_page,
        "/api/upstreams": upstreams.api,
        "/api/upstreams/{name}": upstreams.one_api,
        **_incidents(bench),
        **_orders(bench),
        **_playbooks(bench),
        "/ledger": ledger.page,
        "/ledger/{id}": ledger.one,
        "/api/ledger": ledger.api,
        "/api/ledger/{id}": ledger.one_api,
        "/status-page": status.page,
        "/api/status": status.api,
        "/notifications": notes.page,
        "/notifications/test": notes.test,
        "/api/notifications": notes.api,
        "/api/notifications/test": notes.test_api,
        "/trouble": trouble.page,
        "/api/trouble": _by_method(status.levels, trouble.api),
        **status_page_endpoints(desks.snapshot().state, subscribing),
    }


def _incidents(bench: Bench) -> dict[str, Endpoint]:
    pages = IncidentPages(bench)
    api = IncidentApi(bench.desks.incidents, bench.answers, bench.wall)
    return {
        "/incidents": pages.page,
        "/incidents/open": pages.open,
        "/incidents/{id}": pages.one,
        "/incidents/{id}/act": pages.act,
        "/incidents/{id}/report/{form}": pages.report,
        "/api/incidents": api.incidents,
        "/api/incidents/{id}": api.incident,
        "/api/incidents/{id}/events": api.events,
        "/api/incidents/{id}/report/{form}": pages.report,
    }


def _orders(bench: Bench) -> dict[str, Endpoint]:
    pages = OrderPages(bench)
    return {
        "/orders": pages.page,
        "/orders/new": pages.new,
        "/orders/give": pages.give,
        "/orders/{id}/end": pages.end,
        "/api/orders": pages.api,
        "/api/orders/preview": pages.preview_api,
        "/api/orders/{id}": pages.one_api,
        "/api/orders/{id}/end": pages.end_api,
    }


def _playbooks(bench: Bench) -> dict[str, Endpoint]:
    pages = PlaybookPages(bench)
    return {
        "/playbooks": pages.page,
        "/playbooks/{name}": pages.one,
        "/playbooks/{name}/run": pages.run,
        "/runs/{id}": pages.one_run,
        "/runs/{id}/answer": pages.answer,
        "/api/playbooks": pages.api,
        "/api/playbooks/{name}/plan": pages.plan_api,
        "/api/runs": pages.runs_api,
        "/api/runs/{id}": pages.run_api,
        "/api/runs/{id}/approve": pages.answer_api("approve"),
        "/api/runs/{id}/refuse": pages.answer_api("refuse"),
        "/api/runs/{id}/cancel": pages.answer_api("cancel"),
    }


def _by_method(get: Endpoint, post: Endpoint) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        return await (post if request.method == "POST" else get)(request)

    return endpoint
