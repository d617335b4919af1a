"""`mainstay up` on a machine that knows no provider: a demonstration that can be broken and goes on."""

import os
import shlex
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from mainstay import __version__
from tests.e2e.callers import PATHS, Callers, Question
from tests.e2e.process import Process, answer_or_none, is_running
from tests.e2e.raw import Heard, connect, get, post, read_until_closed

GATEWAY, CONTROL = "http://127.0.0.1:8484", "http://127.0.0.1:8485"
MODELS = {"anthropic": "claude-demo", "openai-chat": "gpt-demo"}
SIMULATED = "x-mainstay-simulated"
BY_DIALECT = pytest.mark.parametrize(("dialect", "model"), MODELS.items())


def assert_free(*ports: int) -> None:
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                pytest.fail(f"port {port} is needed by this test and taken: {error}")


def child(process: Process, word: str) -> int | None:
    """The id of the running child process whose command holds this word."""
    for identity in proc_file(process.pid, f"task/{process.pid}/children").split():
        if word.encode() in proc_file(int(identity), "cmdline").split(b"\0") and is_running(int(identity)):
            return int(identity)
    return None


def proc_file(pid: int, name: str) -> bytes:
    """What the system says of a process; nothing for one that is gone."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def is_up(url: str) -> bool:
    heard = answer_or_none(url, "/readyz")
    return heard is not None and heard.status == 200


def command_in(output: str, words: str) -> list[str]:
    """The arguments of a command of ours, beginning with these words, as the tour prints it."""
    line = next(line for line in output.splitlines() if words in line)
    return shlex.split(line[line.index(words) :])


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """`mainstay up` in an empty folder. Its end is a test, too: nothing of it stays."""
    assert_free(8484, 8485)
    with Process(["up"], tmp_path_factory.mktemp("up")) as process:
        try:
            process.until(lambda: "3. ask again" in process.output.lower(), "the greeting")
            yield process
            children = [child(process, word) for word in ("gateway", "control", "--simulate-only")]
            assert None not in children
            assert process.stop() == 0, process.output
            assert [identity for identity in children if identity is not None and is_running(identity)] == []
            assert_free(8484, 8485)
        finally:
            # Children have sessions of their own and would outlive a parent that is killed.
            for identity in [child(process, word) for word in ("gateway", "control", "--simulate-only")]:
                if identity is not None:
                    os.kill(identity, signal.SIGKILL)


def test_it_greets_and_says_that_nothing_is_real(demo: Process) -> None:
    said = demo.output.lower()
    assert "mainstay is ready" in said
    assert GATEWAY in said
    assert CONTROL in said
    assert "simulated providers" in said
    assert [title in said for title in ("1. ask", "2. break", "3. ask again")] == [True] * 3


@BY_DIALECT
def test_the_demo_models_answer_through_the_sdks(dialect: str, model: str, demo: Process) -> None:
    assert demo.output
    callers = Callers(GATEWAY)
    answer = callers.ask(dialect, Question(model=model, prompt="Why? [words=12]"))
    callers.close()
    assert len(answer.text.split()) == 12
    assert answer.headers["x-mainstay-upstream"] == f"{model.removesuffix('-demo')}-primary"
    assert "simulated" in answer.headers[SIMULATED]


def test_every_response_says_that_it_is_simulated(demo: Process) -> None:
    assert demo.output
    plain = Question(model="claude-demo", prompt="Why? [words=3]", stream=False)
    heard: list[Heard] = [
        post(GATEWAY, PATHS["anthropic"], plain.body("anthropic")),
        post(GATEWAY, PATHS["anthropic"], Question(model="claude-demo", prompt="[words=3]").body("anthropic")),
        post(GATEWAY, PATHS["anthropic"], plain.body("anthropic"), {"x-lab-faults": "claude-primary=bad-request"}),
        post(GATEWAY, PATHS["anthropic"], Question(model="nobody").body("anthropic")),
        post(GATEWAY, PATHS["openai-chat"], {}),
        post(GATEWAY, "/v1/nowhere", {}),
        post(GATEWAY, "/v1/models", {}),
        get(GATEWAY, "/v1/models"),
        get(GATEWAY, "/v1/models/gpt-demo"),
        get(GATEWAY, "/v1/models/nobody"),
        get(GATEWAY, "/readyz"),
        get(GATEWAY, "/livez"),
        get(GATEWAY, "/metrics"),
    ]
    assert [one.status for one in heard if "simulated" not in one.header(SIMULATED)] == []
    with connect(GATEWAY) as line:
        line.sendall(b"this is no HTTP\r\n\r\n")
        assert b"x-mainstay-simulated" in read_until_closed(line).lower()


def test_the_control_plane_knows_its_health_and_version(demo: Process) -> None:
    assert demo.output
    assert get(CONTROL, "/readyz").status == 200
    assert __version__ in get(CONTROL, "/version").text


def test_the_tour_does_what_it_says(demo: Process) -> None:
    asked = Question(model="claude-demo", prompt="Why do bridges hum? [words=40]").body("anthropic")
    before = post(GATEWAY, PATHS["anthropic"], asked).text
    breaking = command_in(demo.output, "lab break ")
    with Process(breaking, demo.log.parent.parent) as process:
        assert process.wait() == 0, process.output
    after = post(GATEWAY, PATHS["anthropic"], asked).text
    with Process(["lab", "heal", breaking[2]], demo.log.parent.parent) as process:
        assert process.wait() == 0, process.output
    assert "continued by claude-standby" in after
    assert "continued by" not in before
    assert '"message_stop"' in after
    with Process(["audit", "tail"], demo.log.parent) as process:
        assert process.wait() == 0
    assert "continued 1x" in demo.output


def test_the_gateway_does_not_notice_the_death_of_the_control_plane(demo: Process) -> None:
    before, gateway = child(demo, "control"), child(demo, "gateway")
    assert before is not None
    os.kill(before, signal.SIGKILL)
    demo.until(lambda: not is_running(before), "the control plane is gone")
    for dialect, model in MODELS.items():
        heard = post(GATEWAY, PATHS[dialect], Question(model=model, prompt="[words=3]", stream=False).body(dialect))
        assert heard.status == 200
    demo.until(lambda: child(demo, "control") not in {None, before} and is_up(CONTROL), "the control plane is back")
    assert child(demo, "gateway") == gateway
    assert "control plane ended with code -9; it starts again" in demo.output


def test_a_dead_gateway_is_started_again(demo: Process) -> None:
    before = child(demo, "gateway")
    assert before is not None
    os.kill(before, signal.SIGKILL)
    demo.until(lambda: child(demo, "gateway") not in {None, before} and is_up(GATEWAY), "the gateway is back")
    assert get(GATEWAY, "/v1/models").status == 200


def test_a_second_one_says_which_address_is_taken(demo: Process, tmp_path: Path) -> None:
    assert demo.output
    with Process(["up"], tmp_path) as second:
        assert second.wait() == 1
        assert "127.0.0.1:8484 is in use" in second.output
        assert "127.0.0.1:8485 is in use" in second.output


def test_check_reports_every_mistake_with_its_path(tmp_path: Path) -> None:
    file = tmp_path / "mainstay.yaml"
    text = """
    gateway: {listen: "8484", wrokers: 2}
    upstreams:
      one: {dialect: antropic, base_url: "http://127.0.0.1:1"}
      two: {dialect: openai-chat, base_url: "ftp://x", credentials: [{name: main, key: sk-literal}]}
    models:
      m: {candidates: [{upstream: three}]}
    workloads:
      default: {deadline_seconds: soon}
    """
    file.write_text(text)
    with Process(["check", "-c", str(file)], tmp_path) as process:
        assert process.wait() == 1
    wanted = ["gateway.listen", "gateway.wrokers", "upstreams.one.dialect", "upstreams.two.base_url"]
    wanted += ["upstreams.two.credentials", "models.m.candidates", "workloads.default.deadline_seconds"]
    assert [path for path in wanted if path not in process.output] == []
    assert "anthropic" in process.output
    assert "workers" in process.output
    assert "sk-literal" not in process.output


def test_up_with_mistakes_starts_nothing(tmp_path: Path) -> None:
    (tmp_path / "mainstay.yaml").write_text(msgspec.json.encode({"upstreams": {}, "models": {}}).decode())
    with Process(["up"], tmp_path) as process:
        assert process.wait() == 1
    assert "upstreams" in process.output
    assert "Mainstay is ready" not in process.output
