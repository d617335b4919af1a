"""`/metrics` of the control plane: one page a second at most."""

import asyncio

from starlette.requests import Request

from mainstay.control.telemetry.metrics_endpoint import FRESH_SECONDS, MetricsEndpoint
from tests.control.telemetry.plane import FakeDesks, control
from tests.control.telemetry.values import WALL

REQUEST = Request({"type": "http", "method": "GET", "path": "/metrics", "headers": []})


def test_a_page_is_given_and_made_anew_when_it_is_old() -> None:
    desks, now = FakeDesks(), [0.0]
    endpoint = MetricsEndpoint(control(desks), lambda: WALL, lambda: now[0])

    async def story() -> None:
        first = await endpoint.metrics(REQUEST)
        assert b"mainstay_incidents_open" in first.body
        assert first.headers["content-type"].startswith("text/plain; version=0.0.4")
        await asyncio.gather(*(endpoint.metrics(REQUEST) for _ in range(5)))
        assert desks.asked == 1
        now[0] = FRESH_SECONDS
        await endpoint.metrics(REQUEST)
        assert desks.asked == 2

    asyncio.run(story())
