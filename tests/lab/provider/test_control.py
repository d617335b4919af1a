import msgspec
import pytest

from mainstay.lab.provider.control import control, is_control, usage, wrong_header
from mainstay.lab.provider.desk import FaultDesk, Order
from mainstay.lab.provider.fault_table import FAULTS
from mainstay.lab.provider.request import ProviderRequest
from mainstay.lab.provider.seen import RequestLog, RequestSeen
from mainstay.lab.provider.steps import Body, Head, Step


class Provider:
    """A provider without sockets."""

    def __init__(self) -> None:
        self.name = "primary"
        self.desk = FaultDesk("primary")
        self.log = RequestLog()

    url = "http://127.0.0.1:1"
    control_url = "http://127.0.0.1:2"

    @property
    def orders(self) -> tuple[Order, ...]:
        return self.desk.orders

    @property
    def requests(self) -> tuple[RequestSeen, ...]:
        return self.log.entries

    @property
    def request_count(self) -> int:
        return self.log.count

    def place(self, order: Order) -> None:
        self.desk.place(order)

    def heal(self) -> None:
        self.desk.clear()

    def cut_now(self) -> int:
        return 3


def said(steps: list[Step]) -> tuple[int, object]:
    head, body = steps[0], steps[1]
    assert isinstance(head, Head)
    assert isinstance(body, Body)
    return head.status, msgspec.json.decode(body.data)


def ask(provider: Provider, method: str, path: str, body: bytes = b"") -> tuple[int, dict[str, object]]:
    status, answer = said(control(ProviderRequest(method, path, body=body), provider))
    assert isinstance(answer, dict)
    return status, answer


def test_the_state_lists_what_is_in_force_and_what_could_be() -> None:
    provider = Provider()
    ask(provider, "POST", "/lab/fault", b'{"fault":"cut:after=3","count":2,"key":"secret"}')
    status, state = ask(provider, "GET", "/lab")
    assert status == 200
    in_force = [
        {"fault": "cut:after=3", "count": 2, "with_key": True, "model": ""},
        {"fault": "ok", "count": None, "with_key": False, "model": ""},
    ]
    assert state["in_force"] == in_force
    assert state["faults"] == {name: usage(name, entry) for name, entry in FAULTS.items()}


def test_a_provider_is_healed() -> None:
    provider = Provider()
    ask(provider, "POST", "/lab/fault", b'{"fault":"overloaded"}')
    assert provider.desk.lasting.name == "overloaded"
    assert ask(provider, "DELETE", "/lab/fault")[1]["in_force"] == []
    assert provider.desk.lasting.name == "ok"


@pytest.mark.parametrize("body", [b"", b"{", b'{"fault":"gremlins"}', b'{"fault":"ok","cuont":1}', b'{"fault":1}'])
def test_a_wrong_order_is_explained(body: bytes) -> None:
    status, answer = ask(Provider(), "POST", "/lab/fault", body)
    assert status == 400
    assert answer["message"]


def test_requests_are_listed_without_secrets() -> None:
    provider = Provider()
    provider.log.add(ProviderRequest("POST", "/v1/messages", headers=(("x-api-key", "secret"),)), "ok", 0.0)
    steps = control(ProviderRequest("GET", "/lab/requests"), provider)
    assert "secret" not in str(said(steps))
    assert "/v1/messages" in str(said(steps))


def test_running_answers_are_cut() -> None:
    assert ask(Provider(), "POST", "/lab/cut")[1]["message"] == "3 answers cut off"


def test_the_faults_are_machine_readable_too() -> None:
    status, faults = ask(Provider(), "GET", "/lab/faults")
    assert status == 200
    assert faults.keys() == FAULTS.keys()


@pytest.mark.parametrize(("method", "path"), [("GET", "/lab/nowhere"), ("PUT", "/lab/fault"), ("DELETE", "/lab")])
def test_other_pages_do_not_exist(method: str, path: str) -> None:
    assert ask(Provider(), method, path)[0] == 404


def test_only_lab_is_control() -> None:
    assert is_control(ProviderRequest("GET", "/lab"))
    assert is_control(ProviderRequest("GET", "/lab/requests"))
    assert not is_control(ProviderRequest("GET", "/labour"))


def test_a_wrong_header_is_explained() -> None:
    assert said(wrong_header("no such fault")) == (400, {"message": "x-lab-faults: no such fault"})
