"""What a gateway says of itself: `/readyz` and `/metrics`, read."""

import msgspec

from mainstay.engine.capacity.standing import CapacityStanding
from mainstay.engine.gray.watch import SuspectStanding
from mainstay.gateway.admission import AdmissionStatus
from tests.e2e.raw import get


class Readiness(msgspec.Struct, frozen=True):
    """The body of `/readyz`, as far as it is about overload."""

    status: str
    admission: AdmissionStatus
    capacity: CapacityStanding
    suspects: tuple[SuspectStanding, ...] = ()

    def waiting(self, priority: str) -> int:
        """How many requests of this priority wait."""
        return self.admission.waiting[priority]


def readiness(url: str) -> Readiness:
    """What one worker says. Raises `OSError`."""
    heard = get(url, "/readyz")
    assert heard.status == 200, heard.text
    return msgspec.json.decode(heard.body, type=Readiness)


def metric(url: str, series: str) -> float:
    """The number of one series, such as `name{label="value"}`; 0 where there is none."""
    rows = [line.rpartition(" ") for line in get(url, "/metrics").text.splitlines() if not line.startswith("#")]
    return next((float(number) for name, _, number in rows if name == series), 0.0)
