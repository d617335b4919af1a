"""What every measurement is given."""

import http.client
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from bench.plan import Plan
from bench.stage import Proxy, Stage

BARE: Final = "gateway, nothing bound"


class Context(msgspec.Struct, frozen=True):
    """The stage, the lengths, a folder for files, a way to say what goes on, and where other gateways are installed."""

    stage: Stage
    plan: Plan
    folder: Path
    say: Callable[[str], None]
    peers: Path

    def journal_of(self, gateway: Proxy) -> str:
        """What the gateway's own metrics say about its journal: it must have been on and have lost nothing."""
        values = metrics_of(gateway)
        written = values["mainstay_journal_records_written_total"]
        dropped = values["mainstay_journal_records_dropped_total"]
        return f"journal: {written:,.0f} records written, {dropped:,.0f} dropped"


def metrics_of(gateway: Proxy) -> dict[str, float]:
    """All metrics of a gateway, by name and labels."""
    connection = http.client.HTTPConnection("127.0.0.1", gateway.plain_port)
    connection.request("GET", "/metrics", headers=gateway.headers({}))
    page = connection.getresponse().read().decode()
    connection.close()
    lines = [line for line in page.splitlines() if line and not line.startswith("#")]
    parts = (line.rpartition(" ") for line in lines)
    return {name: float(value) for name, _, value in parts}
