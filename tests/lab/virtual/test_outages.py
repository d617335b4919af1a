from mainstay.lab.provider.fault import OK, parse_fault
from mainstay.lab.provider.request import ProviderRequest
from mainstay.lab.virtual.outages import Outage, Schedule

REQUEST = ProviderRequest("POST", "/v1/messages")
REFUSED, ILL = parse_fault("refuse"), parse_fault("server-error")


def test_an_outage_begins_and_ends_and_is_of_one_upstream() -> None:
    weather = Schedule([Outage("alpha", 10.0, 20.0, REFUSED)])
    assert [weather("alpha", now, REQUEST) for now in (9.9, 10.0, 19.9, 20.0)] == [OK, REFUSED, REFUSED, OK]
    assert weather("beta", 15.0, REQUEST) == OK


def test_of_two_at_once_the_first_counts() -> None:
    weather = Schedule([Outage("alpha", 10.0, 20.0, REFUSED), Outage("alpha", 15.0, 30.0, ILL)])
    assert [weather("alpha", now, REQUEST) for now in (15.0, 25.0)] == [REFUSED, ILL]
