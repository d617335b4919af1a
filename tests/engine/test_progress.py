from collections.abc import Generator

import pytest

from mainstay.engine.board import Board
from mainstay.engine.demand import cohort_of
from mainstay.engine.keys import StaticKeys
from mainstay.engine.policy import KEEP_ALIVE_SECONDS, RESERVE_SHARE, TEXT_CHARACTERS_MAX
from mainstay.engine.progress import Progress, Ticket
from mainstay.model.call import Call, CallKind
from mainstay.model.catalogue import Candidate, Credential, Menu, Skipped, Workload
from mainstay.model.commands import Begin, Command, Listen, Send
from mainstay.model.events import Event, Woke
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.ports import Keys
from tests.engine.play import candidate
from tests.engine.toy import ToyDialect
from tests.engine.toy_passages import ToyPassages

NOW = 1000.0
WORKLOAD = Workload(deadline_seconds=100.0)
ALPHA, BETA = candidate("alpha"), candidate("beta")


def begin(
    *candidates: Candidate,
    stream: bool = True,
    unfit: dict[str, str] | None = None,
    deadline_seconds: float | None = None,
    keys: Keys | None = None,
    session: str = "",
) -> Progress:
    call = Call("toy", CallKind.ANSWER, "/ask", "m", stream=stream, headers=(), body=b"question", session=session)
    ticket = Ticket("ex_1", NOW, 5000.0, lambda: 0.5, deadline_seconds=deadline_seconds)
    dialect = ToyDialect()
    menu = Menu("m", WORKLOAD, candidates, (Skipped("gamma", "m", "residency"),))
    passages = ToyPassages(dialect, call, unfit=unfit)
    return Progress(ticket, call, menu, dialect, Board(), passages=passages, keys=keys or StaticKeys())


def commands_of(generator: Generator[Command, Event | None, None]) -> list[Command]:
    return list(generator)


def test_candidates_that_cannot_serve_are_left_out_and_remembered() -> None:
    assert begin(ALPHA, BETA).candidates == (ALPHA, BETA)
    progress = begin(ALPHA, BETA, unfit={"alpha": "no images"})
    assert progress.candidates == (BETA,)
    assert progress.skipped == (Skipped("gamma", "m", "residency"), Skipped("alpha", "m", "no images"))


def test_a_candidate_that_turns_out_unable_is_not_tried_and_remembered() -> None:
    progress = begin(ALPHA, BETA)
    progress.skip(ALPHA, "images by URL")
    assert progress.history.is_barred(ALPHA, "")
    assert progress.skipped[-1] == Skipped("alpha", "m", "images by URL")


def test_a_crossing_leads_to_another_dialect() -> None:
    progress = begin(ALPHA)
    assert not progress.is_crossing(ALPHA)
    assert progress.is_crossing(candidate("delta", dialect="other"))


class NoLivingTokens:
    def living(self, upstream: str, credential: Credential, wall: float) -> str | None:
        return f"{upstream} at {wall:g}" if credential.name == "alive" else None

    def rejected(self, upstream: str, credential: Credential) -> None: ...


def test_a_renewed_credential_is_asked_for_its_living_token() -> None:
    progress = begin(ALPHA, keys=NoLivingTokens())
    assert progress.living_key(ALPHA, None) == ""
    assert progress.living_key(ALPHA, Credential("static", "as it is")) == "as it is"
    assert progress.living_key(ALPHA, Credential("alive", "", renewed=True)) == "alpha at 6000"
    assert progress.living_key(ALPHA, Credential("dead", "", renewed=True)) is None


def test_only_a_streaming_caller_has_a_stream() -> None:
    assert begin(ALPHA).caller is not None
    assert begin(ALPHA, stream=False).caller is None


def test_the_deadline_is_the_callers_else_the_workloads() -> None:
    assert begin(ALPHA).deadline == NOW + 100
    assert begin(ALPHA, deadline_seconds=7.0).deadline == NOW + 7


def test_instants_become_seconds_since_1970() -> None:
    assert begin(ALPHA).wall(NOW + 1) == 6001.0


def test_the_first_of_two_leaves_a_share_of_the_deadline_to_the_second() -> None:
    progress = begin(ALPHA, BETA)
    assert progress.attempt_limit(ALPHA) == NOW + 100 * (1 - RESERVE_SHARE)


def test_a_single_candidate_may_use_the_whole_deadline() -> None:
    assert begin(ALPHA).attempt_limit(ALPHA) == NOW + 100


def test_the_last_one_that_was_not_tried_may_use_the_whole_deadline() -> None:
    progress = begin(ALPHA, BETA)
    progress.history.begin(ALPHA)
    assert progress.attempt_limit(BETA) == NOW + 100


def test_nothing_is_reserved_for_one_who_is_out_of_the_question() -> None:
    progress = begin(ALPHA, BETA)
    progress.history.bar(BETA)
    assert not progress.others_remain(ALPHA)
    assert progress.attempt_limit(ALPHA) == NOW + 100


def test_within_the_reserve_everybody_may_use_the_rest() -> None:
    progress = begin(ALPHA, BETA)
    progress.now = NOW + 71
    assert progress.attempt_limit(ALPHA) == NOW + 100


def test_others_remain_until_they_were_tried() -> None:
    progress = begin(ALPHA, BETA)
    assert progress.others_remain(ALPHA)
    progress.history.begin(BETA)
    assert not progress.others_remain(ALPHA)
    assert progress.others_remain(BETA)


def test_a_stream_must_hear_something_now_and_then_a_plain_answer_need_not() -> None:
    progress = begin(ALPHA)
    assert progress.keep_alive_due() == NOW + KEEP_ALIVE_SECONDS
    progress.now = NOW + 10
    assert commands_of(progress.send(b"x")) == [Send(b"x")]
    assert progress.keep_alive_due() == NOW + 10 + KEEP_ALIVE_SECONDS
    assert begin(ALPHA, stream=False).keep_alive_due() == NOW + 100


def test_time_goes_on_with_the_events() -> None:
    progress = begin(ALPHA)
    listening = progress.listen(NOW + 5)
    assert next(listening) == Listen(NOW + 5)
    with pytest.raises(StopIteration) as stopped:
        listening.send(Woke(NOW + 5))
    assert stopped.value.value == Woke(NOW + 5)
    assert progress.now == NOW + 5


def test_a_response_begins_once() -> None:
    progress = begin(ALPHA)
    assert commands_of(progress.begin(200, (("a", "b"),))) == [Begin(200, (("a", "b"),))]
    assert commands_of(progress.begin(503, ())) == []
    assert (progress.begun, progress.status) == (True, 200)


def test_sent_bytes_are_counted() -> None:
    progress = begin(ALPHA)
    commands_of(progress.send(b"abc"))
    commands_of(progress.send(b"de"))
    assert progress.bytes_sent == 5


def test_text_is_kept_however_small_its_pieces() -> None:
    progress = begin(ALPHA)
    pieces = [f"{number} " for number in range(1000)]
    for piece in pieces:
        progress.add_text(piece)
    assert progress.text == "".join(pieces)
    assert len(progress._text) < 256


def test_text_that_grows_too_long_is_forgotten_for_good() -> None:
    progress = begin(ALPHA)
    progress.add_text("x" * TEXT_CHARACTERS_MAX)
    assert len(progress.text) == TEXT_CHARACTERS_MAX
    progress.add_text("y")
    assert progress.text == ""
    progress.add_text("z")
    assert progress.text == ""


def test_a_barred_credential_does_not_bar_its_candidate() -> None:
    rich = candidate("rich", keys=("one", "two"))
    progress = begin(ALPHA, rich)
    progress.history.add_fault(rich, "one", Fault(FaultKind.AUTH, "refused"))
    assert progress.others_remain(ALPHA)


def test_a_session_is_in_the_cohort_that_it_has_at_that_hour() -> None:
    demand = begin(ALPHA, session="a run").demand
    assert demand.has_session
    assert demand.cohort == cohort_of("local/a run", 5000.0 + NOW) != cohort_of("local/a run", 0.0)
