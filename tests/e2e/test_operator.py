"""What an operator does to a running gateway: stop it while it works, change its file, start it twice."""

import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from mainstay.lab.provider.thread import FakeProviderThread
from tests.e2e.callers import PATHS, Answer, Question
from tests.e2e.conftest import port_of, write_configuration
from tests.e2e.lanes import DIALECTS, KEYS, Lane
from tests.e2e.process import GatewayProcess, Process, answer_or_none
from tests.e2e.raw import connect, get, read_until, read_until_closed, request_bytes
from tests.e2e.world import World, seen

IDLE_SECONDS_MAX = 3.0


def test_a_gateway_that_stops_lets_its_callers_finish(own_gateway: World) -> None:
    world, lanes = own_gateway, [own_gateway.lane(dialect) for dialect in DIALECTS]

    def ask(lane: Lane) -> Answer:
        return world.ask(lane.dialect, Question(model=lane.model, faults="primary=slow:chars_per_second=400"))

    with ThreadPoolExecutor(max_workers=2) as pool:
        answers = [pool.submit(ask, lane) for lane in lanes]
        world.gateway.until(lambda: all(has_begun(world, lane) for lane in lanes), "both answers have begun")
        world.gateway.signal(signal.SIGTERM)
        world.gateway.until_ended_or(lambda: is_unwelcoming(world.url), "it asks for no more traffic")
        for dialect, answer in zip(DIALECTS, answers, strict=True):
            assert answer.result().said == world.ask_primary(dialect, Question(model="any")).said


def test_a_gateway_that_stops_waits_for_answers_and_for_nothing_else(own_gateway: World) -> None:
    world, lane = own_gateway, own_gateway.lane("anthropic")
    asked = Question(model=lane.model, faults="primary=slow:chars_per_second=1000")
    with closing(connect(world.url)) as line:
        line.sendall(request_bytes(PATHS["anthropic"], asked.body("anthropic"), asked.headers))
        read_until(line, b"x-mainstay-upstream")
        world.gateway.signal(signal.SIGTERM)
        line.settimeout(IDLE_SECONDS_MAX)
        assert read_until_closed(line).endswith(b"0\r\n\r\n")
    assert world.gateway.wait() == 0


def has_begun(world: World, lane: Lane) -> bool:
    return any(one.bytes_sent > 0 for one in seen(world.primary, lane))


def is_unwelcoming(url: str) -> bool:
    heard = answer_or_none(url, "/readyz")
    return heard is None or heard.status == 503


def test_a_changed_file_is_taken_over_whole_or_not_at_all(own_gateway: World) -> None:
    world, file = own_gateway, own_gateway.gateway.file
    good = file.read_text()
    file.write_text(good.replace('"listed"', '"listed-anew"'))
    world.gateway.signal(signal.SIGHUP)
    world.gateway.until(lambda: "listed-anew" in get(world.url, "/v1/models").text, "the new file is in force")
    file.write_text(good.replace('"listed"', '"listed-badly"').replace('"dialect":"anthropic"', '"dialect":"x"'))
    world.gateway.signal(signal.SIGHUP)
    world.gateway.until(lambda: "nothing was changed" in world.gateway.output, "the bad file is refused")
    assert "is not a known dialect" in world.gateway.output
    assert "listed-badly" not in get(world.url, "/v1/models").text
    assert world.ask("anthropic", Question(model=world.lane("anthropic").model)).text


def test_two_gateways_never_share_a_state_folder(own_gateway: World, providers: dict[str, FakeProviderThread]) -> None:
    second = write_configuration(own_gateway.gateway.file.parent, providers)
    with Process(["gateway", "-c", str(second)], second.parent, KEYS) as process:
        assert process.wait() == 1
        assert "in use" in process.output
    assert own_gateway.gateway.is_ready()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_gateway_stops_at_once(
    number: signal.Signals, providers: dict[str, FakeProviderThread], tmp_path: Path
) -> None:
    file = write_configuration(tmp_path, providers)
    with GatewayProcess(file, port_of(file), KEYS) as gateway:
        gateway.signal(number)
        assert gateway.wait(seconds_max=10) == 0
