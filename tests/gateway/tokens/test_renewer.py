"""In virtual time: no test waits, and a token's hour passes in a call."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.tokens.renewer import NOT_ASKED, Renewer
from mainstay.gateway.tokens.source import Response, Token, Trouble
from mainstay.model.commands import Open
from mainstay.model.events import Breakage
from tests.gateway.doubles import FakeClock
from tests.gateway.tokens.identity import WALL, FakeServices, OneRequest, said, surroundings

HOUR = 3_600.0
DOWN = Breakage.REFUSED


class Scene:
    """A renewer, its identity service and what was told."""

    def __init__(self, token: Token | None = None, *, life_seconds: float = HOUR) -> None:
        self.clock = FakeClock(0.0)
        self.life_seconds = life_seconds
        self.up = True
        self.hangs = False
        self.made = 0
        self.told: list[str] = []
        self.services = FakeServices(self.clock, self.answer)
        self.renewer = Renewer(("vertex", "main"), OneRequest(), surroundings(self.clock, self.services), self, token)

    def answer(self, _command: Open) -> Response | Breakage | None:
        if self.hangs:
            return None
        if not self.up:
            return DOWN
        self.made += 1
        return said(f"token-{self.made} {self.life_seconds}".encode())

    def renewed(self, renewer: Renewer, token: Token) -> None:
        assert renewer is self.renewer
        self.told.append(token.value)

    def failed(self, renewer: Renewer, trouble: Trouble) -> None:
        assert renewer is self.renewer
        self.told.append(trouble.text)

    def start(self) -> "Scene":
        self.renewer.start()
        self.clock.advance(0)
        return self

    def living(self) -> str | None:
        return self.renewer.living(WALL + self.clock.now)


def test_there_is_no_token_before_the_first_answer() -> None:
    scene = Scene()
    assert (scene.living(), scene.renewer.trouble) == (None, NOT_ASKED)
    scene.start()
    assert scene.living() == "token-1"


def test_a_token_is_renewed_when_a_quarter_of_its_life_is_left() -> None:
    scene = Scene().start()
    scene.clock.advance_to(2_699)
    assert scene.services.asked_at == [0]
    scene.clock.advance_to(2_700)
    assert scene.services.asked_at == [0, 2_700]
    assert scene.living() == "token-2"


def test_a_token_that_an_earlier_run_left_is_used_and_renewed_in_time() -> None:
    scene = Scene(Token("kept", WALL + 1_200)).start()
    assert scene.living() == "kept"
    assert scene.services.asked_at == []
    scene.clock.advance_to(900)
    assert scene.living() == "token-1"


def test_a_dead_one_is_not() -> None:
    scene = Scene(Token("kept", WALL)).start()
    assert scene.living() == "token-1"


def test_while_the_identity_service_is_down_the_last_token_serves_to_its_last_second() -> None:
    scene = Scene().start()
    scene.up = False
    scene.clock.advance_to(HOUR - 0.001)
    assert scene.living() == "token-1"
    scene.clock.advance_to(HOUR)
    assert scene.living() is None
    scene.up = True
    scene.clock.advance(60)
    assert scene.living() == "token-2"
    assert scene.renewer.failures == 0


def test_retries_get_rarer_and_stop_at_one_a_minute() -> None:
    scene = Scene()
    scene.up = False
    scene.start()
    scene.clock.advance_to(120)
    assert scene.services.asked_at == [0, 1, 3, 7, 15, 31, 61, 91]


def test_a_service_that_hangs_is_asked_by_one_request_at_a_time() -> None:
    scene = Scene().start()
    scene.hangs = True
    scene.clock.advance_to(HOUR - 1)
    for _ in range(10):
        scene.renewer.rejected()
        assert scene.living() == "token-1"
    assert scene.services.running_most == 1
    assert scene.told[1] == "the identity service did not answer within 20 seconds"


def test_short_lives_are_renewed_in_proportion() -> None:
    scene = Scene(life_seconds=60).start()
    scene.clock.advance_to(120)
    assert scene.services.asked_at == [0, 30, 60, 90, 120]


def test_a_service_that_hands_out_the_same_end_again_is_asked_more_often_but_not_in_a_storm() -> None:
    scene = Scene()
    scene.start()
    scene.life_seconds = 1.0
    scene.clock.advance_to(2_700)
    scene.clock.advance_to(2_760)
    assert 59 <= len(scene.services.asked_at) <= 62


class TestRejected:
    def test_a_refused_token_is_renewed_early_and_used_until_then(self) -> None:
        scene = Scene().start()
        scene.clock.advance_to(100)
        scene.renewer.rejected()
        assert scene.living() == "token-1"
        scene.clock.advance(0)
        assert scene.living() == "token-2"

    def test_many_refusals_start_one_renewal(self) -> None:
        scene = Scene().start()
        scene.clock.advance_to(100)
        for _ in range(50):
            scene.renewer.rejected()
            scene.clock.advance(0.5)
        assert scene.services.asked_at == [0, 100]
        scene.clock.advance_to(130)
        scene.renewer.rejected()
        scene.clock.advance(0)
        assert scene.services.asked_at == [0, 100, 130]

    def test_refusals_do_not_break_the_pause_after_a_failure(self) -> None:
        scene = Scene()
        scene.up = False
        scene.start()
        scene.clock.advance_to(62)
        asked = list(scene.services.asked_at)
        scene.renewer.rejected()
        scene.clock.advance(0)
        assert scene.services.asked_at == asked


def test_a_machine_that_slept_renews_at_the_first_request() -> None:
    scene = Scene().start()
    # The wall clock went on while the clock of waits stood still.
    assert scene.renewer.living(WALL + 3_000) == "token-1"
    assert scene.renewer.living(WALL + 4_000) is None
    scene.clock.advance(0)
    assert scene.services.asked_at == [0, 0]


class TestRetired:
    def test_its_token_may_be_used_up(self) -> None:
        scene = Scene().start()
        scene.renewer.retire()
        scene.renewer.rejected()
        scene.clock.advance_to(HOUR - 1)
        assert scene.living() == "token-1"
        assert scene.services.asked_at == [0]
        assert scene.clock.due == []

    def test_what_runs_is_cancelled(self) -> None:
        scene = Scene()
        scene.hangs = True
        scene.start()
        scene.renewer.retire()
        assert scene.services.running[0].cancelled
        scene.clock.advance(100)
        assert scene.told == []


def test_without_a_source_nothing_is_asked() -> None:
    scene = Scene()
    renewer = Renewer(("vertex", "main"), None, surroundings(scene.clock, scene.services), scene, None)
    renewer.start()
    renewer.rejected()
    scene.clock.advance(HOUR)
    assert renewer.living(WALL) is None
    assert scene.services.asked_at == []


@given(
    st.lists(st.tuples(st.sampled_from(["up", "down", "hang", "reject"]), st.floats(0.1, 3_000)), max_size=20),
    st.floats(2, 7_200),
)
def test_whatever_happens_no_dead_token_is_given_and_no_two_renewals_run(
    story: list[tuple[str, float]], life_seconds: float
) -> None:
    scene = Scene(life_seconds=life_seconds).start()
    for word, seconds in story:
        scene.up, scene.hangs = word != "down", word == "hang"
        if word == "reject":
            scene.renewer.rejected()
        scene.clock.advance(seconds)
        token = scene.renewer.token
        assert token is not None
        assert scene.living() == (token.value if token.expires_at > WALL + scene.clock.now else None)
        assert scene.services.running_most == 1
    scene.up, scene.hangs = True, False
    scene.clock.advance(90)
    assert scene.living() is not None


@pytest.mark.parametrize("dice", [0.0, 0.5, 0.999])
def test_with_a_service_that_is_up_there_is_always_a_token(dice: float) -> None:
    clock = FakeClock(0.0)
    services = FakeServices(clock, lambda _: said(b"t 10"))
    scene = Scene()
    renewer = Renewer(("v", "m"), OneRequest(), surroundings(clock, services, dice=dice), scene, None)
    scene.renewer = renewer
    renewer.start()
    clock.advance(0)
    for _ in range(500):
        clock.advance(0.5)
        assert renewer.living(WALL + clock.now) == "t"
