"""The keeper in virtual time, with Vertex AI's identity services played by hand."""

import asyncio
from itertools import count
from pathlib import Path

import msgspec
import pytest

from mainstay.gateway.tokens.client import IdentityClient
from mainstay.gateway.tokens.keeper import (
    DEAD_ALERT,
    FAILED_ALERT,
    RECOVERED_ALERT,
    RETIRED_MAX,
    TokenKeeper,
    Waiting,
    read_text_file,
)
from mainstay.gateway.tokens.renewer import Surroundings
from mainstay.gateway.tokens.source import Response, Trouble
from mainstay.gateway.tokens.store import TokenStore
from mainstay.model.catalogue import Credential, Platform, Upstream
from mainstay.model.commands import Open
from mainstay.model.events import Breakage
from mainstay.model.records import AlertRecord
from tests.gateway.doubles import FakeClock, KeptRecords
from tests.gateway.http.conftest import PATIENCE_SECONDS, Visit, client, until, upstream
from tests.gateway.tokens.identity import WALL, FakeServices, said, service_account_text, surroundings

MACHINE = Credential("machine", "", renewed=True)
KEY = Credential("main", "sk-static")
HOUR = 3_600.0


def vertex(*credentials: Credential, name: str = "vertex") -> Upstream:
    return Upstream(name, "gemini", "https://vertex.example/v1", credentials, platform=Platform.VERTEX)


class Scene:
    """A keeper and the world around it. A second one on the same folder is the same gateway, started again."""

    def __init__(self, folder: Path, *, at: float = 0.0) -> None:
        self.clock = FakeClock(0.0)
        self.clock.now = at
        self.up = True
        self.life_seconds: object = HOUR
        self.numbers = count(1)
        self.services = FakeServices(self.clock, self.answer)
        around = msgspec.structs.replace(surroundings(self.clock, self.services), wall=lambda: WALL + self.clock.now)
        self.journal = KeptRecords()
        self.reports: list[str] = []
        ids = count(1)
        self.keeper = TokenKeeper(
            around,
            TokenStore(folder, self.reports.append, lambda job: job()),
            self.journal,
            {},
            report=self.reports.append,
            next_id=lambda: f"id-{next(ids)}",
        )

    def answer(self, command: Open) -> Response | Breakage | None:
        if not self.up:
            return Breakage.CONNECT_TIMEOUT
        value = f"{command.upstream}-{next(self.numbers)}"
        return said({"access_token": value, "expires_in": self.life_seconds})

    def start(self, *upstreams: Upstream) -> "Scene":
        self.keeper.start(upstreams or (vertex(MACHINE),))
        self.clock.advance(0)
        return self

    def living(self, credential: Credential = MACHINE, upstream: str = "vertex") -> str | None:
        return self.keeper.living(upstream, credential, WALL + self.clock.now)

    @property
    def alerts(self) -> list[AlertRecord]:
        return [record for record in self.journal.records if isinstance(record, AlertRecord)]

    @property
    def alert_kinds(self) -> list[str]:
        return [alert.kind for alert in self.alerts]


def test_a_static_key_is_its_own_secret(tmp_path: Path) -> None:
    scene = Scene(tmp_path).start(vertex(KEY))
    assert scene.living(KEY) == "sk-static"
    assert scene.services.asked_at == []
    assert scene.keeper.waiting() == ()


def test_a_credential_that_nobody_configured_has_no_secret(tmp_path: Path) -> None:
    assert Scene(tmp_path).start().living(Credential("other", "", renewed=True)) is None


def test_a_renewed_credential_is_its_token(tmp_path: Path) -> None:
    scene = Scene(tmp_path).start()
    assert scene.living() == "vertex-1"
    scene.clock.advance(2_700)
    assert scene.living() == "vertex-2"
    assert (scene.alerts, scene.reports) == ([], [])


def test_each_credential_has_its_own_token(tmp_path: Path) -> None:
    robot = Credential("robot", service_account_text(), renewed=True)
    scene = Scene(tmp_path).start(vertex(MACHINE, robot, KEY), vertex(MACHINE, name="vertex-eu"))
    found = {scene.living(), scene.living(robot), scene.living(upstream="vertex-eu")}
    assert found == {"vertex-1", "vertex-2", "vertex-eu-3"}


def test_who_has_no_token_waits_and_says_why(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.up = False
    scene.keeper.start((vertex(MACHINE, KEY),))
    assert scene.keeper.waiting() == (
        Waiting("vertex", "machine", "no token yet: the identity service has not answered"),
    )
    scene.clock.advance(0)
    assert scene.living() is None
    assert scene.keeper.waiting() == (
        Waiting("vertex", "machine", "the identity service cannot be reached: connect-timeout no route"),
    )
    scene.up = True
    scene.clock.advance(60)
    assert scene.keeper.waiting() == ()


class TestOutage:
    def test_is_told_once_and_its_end_too(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path).start()
        scene.up = False
        scene.clock.advance_to(HOUR - 1)
        assert scene.living() == "vertex-1"
        assert scene.alert_kinds == [FAILED_ALERT]
        scene.up = True
        scene.clock.advance(60)
        assert scene.alert_kinds == [FAILED_ALERT, RECOVERED_ALERT]
        first, last = scene.alerts
        assert (first.upstream, first.credential, first.at) == ("vertex", "machine", WALL + 2_700)
        assert first.message == (
            "no new token, and the last one still lives and is used: "
            "the identity service cannot be reached: connect-timeout no route"
        )
        assert last.message == "its token is renewed again"
        assert scene.reports == [f"credential machine of upstream vertex: {alert.message}" for alert in scene.alerts]

    def test_that_outlasts_the_token_is_told_when_the_token_dies(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path).start()
        scene.up = False
        scene.clock.advance_to(2 * HOUR)
        assert scene.living() is None
        assert scene.alert_kinds == [FAILED_ALERT, DEAD_ALERT]
        assert HOUR <= scene.alerts[1].at - WALL <= HOUR + 60

    def test_from_the_beginning_is_one_alert(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path)
        scene.up = False
        scene.start()
        scene.clock.advance(HOUR)
        assert scene.alert_kinds == [FAILED_ALERT]
        assert scene.alerts[0].message.startswith("no new token, and there is none to use meanwhile: ")

    def test_of_one_does_not_touch_another(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path).start(vertex(MACHINE), vertex(MACHINE, name="vertex-eu"))
        answer = scene.services.answer
        scene.services.answer = lambda command: None if command.upstream == "vertex" else answer(command)
        scene.clock.advance_to(10 * HOUR)
        assert scene.living() is None
        assert scene.living(upstream="vertex-eu") is not None


class TestRestart:
    def test_while_the_identity_service_is_down_the_last_token_serves_on(self, tmp_path: Path) -> None:
        Scene(tmp_path).start()
        again = Scene(tmp_path, at=1_800)
        again.up = False
        again.start()
        assert again.living() == "vertex-1"
        again.clock.advance_to(HOUR - 1)
        assert again.living() == "vertex-1"
        again.clock.advance_to(HOUR)
        assert again.living() is None

    def test_asks_nobody_as_long_as_the_token_is_young(self, tmp_path: Path) -> None:
        Scene(tmp_path).start()
        again = Scene(tmp_path, at=60).start()
        assert again.services.asked_at == []

    def test_with_another_secret_does_not_serve_with_the_old_token(self, tmp_path: Path) -> None:
        old = Credential("robot", service_account_text(), renewed=True)
        new = Credential("robot", service_account_text("https://oauth2.googleapis.com/token?x"), renewed=True)
        Scene(tmp_path).start(vertex(old))
        again = Scene(tmp_path, at=60)
        again.up = False
        assert again.start(vertex(new)).living(new) is None

    def test_sweeps_the_dead_out(self, tmp_path: Path) -> None:
        Scene(tmp_path).start()
        assert len(list(tmp_path.iterdir())) == 1
        Scene(tmp_path, at=2 * HOUR).start(vertex(KEY))
        assert list(tmp_path.iterdir()) == []


class TestRejected:
    def test_by_the_upstream_a_token_is_renewed_early(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path).start()
        scene.clock.advance_to(60)
        scene.keeper.rejected("vertex", MACHINE)
        assert scene.living() == "vertex-1"
        scene.clock.advance(0)
        assert scene.living() == "vertex-2"

    def test_static_and_unknown_credentials_are_none_of_ours(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path).start()
        scene.clock.advance_to(60)
        scene.keeper.rejected("vertex", KEY)
        scene.keeper.rejected("nowhere", MACHINE)
        scene.clock.advance(0)
        assert scene.services.asked_at == [0]


class TestReplace:
    def test_who_stays_keeps_the_token(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path).start()
        scene.keeper.replace((vertex(MACHINE, KEY),))
        assert scene.living() == "vertex-1"
        assert scene.services.asked_at == [0]

    def test_who_goes_may_use_the_token_up(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path).start()
        scene.keeper.replace(())
        scene.clock.advance_to(HOUR - 1)
        assert scene.living() == "vertex-1"
        assert scene.services.asked_at == [0]
        assert scene.keeper.waiting() == ()
        scene.clock.advance_to(HOUR)
        scene.keeper.replace(())
        assert scene.keeper._entries == {}

    def test_who_comes_back_brings_the_token_along(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path).start()
        scene.keeper.replace(())
        scene.up = False
        scene.clock.advance_to(600)
        scene.keeper.replace((vertex(MACHINE),))
        assert scene.living() == "vertex-1"
        scene.up = True
        scene.clock.advance_to(HOUR)
        assert scene.living() == "vertex-2"

    def test_a_changed_secret_is_another_credential_and_the_old_one_serves_who_still_runs(self, tmp_path: Path) -> None:
        old = Credential("robot", service_account_text(), renewed=True)
        scene = Scene(tmp_path).start(vertex(old))
        new = Credential("robot", "", renewed=True)
        scene.keeper.replace((vertex(new),))
        scene.clock.advance(0)
        assert (scene.living(old), scene.living(new)) == ("vertex-1", "vertex-2")
        assert scene.keeper.waiting() == ()

    def test_endless_changes_are_bounded(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path).start()
        scene.keeper._entries = {
            ("vertex", "machine", str(number)): scene.keeper._entries["vertex", "machine", ""]
            for number in range(RETIRED_MAX + 10)
        }
        scene.keeper.replace(())
        scene.keeper.replace(())
        assert len(scene.keeper._entries) == RETIRED_MAX


def test_a_credential_that_cannot_be_used_is_told_and_waits(tmp_path: Path) -> None:
    broken = Credential("broken", '{"type":"nonsense"}', renewed=True)
    scene = Scene(tmp_path).start(vertex(broken, MACHINE))
    ((upstream, credential, why),) = [msgspec.structs.astuple(one) for one in scene.keeper.waiting()]
    assert (upstream, credential) == ("vertex", "broken")
    assert why.startswith("Google credential files of type 'nonsense' are not supported")
    assert scene.alert_kinds == [FAILED_ALERT]
    assert scene.living() == "vertex-1"


def test_close_asks_for_nothing_more(tmp_path: Path) -> None:
    scene = Scene(tmp_path).start()
    asyncio.run(scene.keeper.close())
    scene.clock.advance(HOUR)
    assert scene.services.asked_at == [0]
    assert scene.services.closed
    assert scene.clock.due == []


def test_no_word_of_ours_holds_a_secret(tmp_path: Path) -> None:
    secret = service_account_text()
    robot = Credential("robot", secret, renewed=True)
    scene = Scene(tmp_path)
    scene.services.answer = lambda command: said({"error": f"{command.body.decode()} is wrong"}, 400)
    scene.start(vertex(robot))
    words = "".join([*scene.reports, *(alert.message for alert in scene.alerts), repr(scene.keeper.waiting())])
    assert "[...] is wrong" in words
    assert "assertion" not in words


class TestReadTextFile:
    def test_gives_the_text_without_the_white_space_around_it(self, tmp_path: Path) -> None:
        (tmp_path / "token").write_text(" subject\n")
        assert read_text_file(str(tmp_path / "token")) == "subject"

    def test_says_why_there_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "big").write_bytes(b"x" * 1_048_577)
        assert read_text_file("/nowhere") == Trouble("file /nowhere cannot be read: No such file or directory")
        assert isinstance(read_text_file("\0"), Trouble)
        assert isinstance(read_text_file(str(tmp_path)), Trouble)
        big = read_text_file(str(tmp_path / "big"))
        assert isinstance(big, Trouble)
        assert big.text.endswith("is larger than 1048576 bytes")


def test_over_real_sockets_a_service_that_pauses_stops_nobody(tmp_path: Path) -> None:
    asked: list[bytes] = []

    async def once_then_pause(visit: Visit) -> None:
        while True:
            asked.append(await visit.request())
            if len(asked) > 1:
                await visit.gone()
                return
            body = b'{"access_token":"machine-token","expires_in":3600}'
            await visit.say(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))

    async def play() -> None:
        async with client() as shared, upstream(once_then_pause) as service:
            around = Surroundings(
                IdentityClient(shared), asyncio.get_running_loop(), lambda: WALL, lambda: 0.0, read_text_file
            )
            keeper = TokenKeeper(
                around,
                TokenStore(tmp_path, print),
                KeptRecords(),
                {"GCE_METADATA_HOST": f"127.0.0.1:{service.port}"},
                report=print,
                next_id=lambda: "id",
            )
            keeper.start((vertex(MACHINE),))
            assert keeper.living("vertex", MACHINE, WALL) is None
            await until(lambda: keeper.living("vertex", MACHINE, WALL) is not None)
            # As if half a minute had passed since the token was asked for.
            keeper._entries["vertex", "machine", ""].renewer._begun_at -= 30
            keeper.rejected("vertex", MACHINE)
            await until(lambda: len(asked) == 2)
            assert keeper.living("vertex", MACHINE, WALL + 3_599) == "machine-token"
            await keeper.close()

    asyncio.run(asyncio.wait_for(play(), PATIENCE_SECONDS))
    assert [request.partition(b" ")[0] for request in asked] == [b"GET", b"GET"]


@pytest.mark.parametrize("life_seconds", [0, -1, "soon"])
def test_a_token_that_never_lived_is_not_used(tmp_path: Path, life_seconds: object) -> None:
    scene = Scene(tmp_path)
    scene.life_seconds = life_seconds
    scene.start()
    assert scene.living() is None
    assert scene.alert_kinds == [FAILED_ALERT]
