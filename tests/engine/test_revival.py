"""An exchange that stood still is taken up again."""

from collections.abc import Sequence

import pytest

from mainstay.engine.allowances import Allowances
from mainstay.engine.board import Board
from mainstay.engine.keys import StaticKeys
from mainstay.engine.progress import Ticket
from mainstay.engine.purse import Purse
from mainstay.engine.revival import Kept, revived
from mainstay.engine.windows import Span
from mainstay.model.call import Call, CallKind
from mainstay.model.catalogue import Candidate, Menu, Price, RecoveryMode, Workload
from mainstay.model.frame import Frame
from mainstay.model.identity import Allowance, Identity
from tests.engine.play import Play, candidate
from tests.engine.toy import ToyDialect, ToyReader
from tests.engine.toy_passages import ToyPassages

ALPHA, BETA = candidate("alpha"), candidate("beta")
OTHER = candidate("gamma", "another", substitute=True)


def frames(*lines: str) -> Sequence[Frame]:
    return ToyReader().feed("".join(line + "\n" for line in lines).encode())


class Revival(Play):
    """A play that begins in the middle."""

    def __init__(
        self,
        kept: Kept,
        *candidates: Candidate,
        stream: bool = True,
        workload: Workload | None = None,
        paid: Purse | None = None,
    ) -> None:
        self._kept = kept
        self._paid = paid
        self._stream = stream
        super().__init__(ToyDialect(), *candidates, stream=stream, workload=workload or Workload())

    def start(self, candidates: Sequence[Candidate], workload: Workload, board: Board) -> None:
        call = Call("toy", CallKind.ANSWER, "/ask", "m", stream=self._stream, headers=(), body=b"question")
        ticket = Ticket("ex_1", self.now, 0.0, lambda: 0.5, revival=2)
        dialect = ToyDialect()
        menu = Menu("m", workload, tuple(candidates))
        passages = ToyPassages(dialect, call)
        keys = StaticKeys()
        self._exchange = revived(
            self._kept, ticket, call, menu, dialect, board, passages=passages, keys=keys, purse=self._paid
        )
        if self._kept.begun:
            self.status = 200


def test_text_is_continued_and_joined_where_it_stood() -> None:
    play = Revival(
        Kept(begun=True, frames=frames("start:", "text:Once upon a time "), upstream="alpha", model="m"), ALPHA
    )
    assert play.expect_open("alpha").body == b"continue|Once upon a time "
    play.says("text:Once upon a time there was a king.", "finish:stop", "end:")
    assert play.text == "there was a king."
    assert play.finished
    assert play.result is None


def test_the_records_of_a_revival_are_its_own() -> None:
    play = Revival(Kept(begun=True, frames=frames("text:Once upon a time "), upstream="alpha", model="m"), ALPHA)
    play.says("text:Once upon a time there.", "finish:stop", "end:")
    play.ends()
    assert play.exchange_record.id == "ex_1-r2"
    assert [record.id for record in play.attempt_records] == ["ex_1-r2-1"]


def test_a_caller_who_had_seen_nothing_is_served_from_the_start() -> None:
    play = Revival(Kept(begun=True, frames=frames("ping:", "start:")), ALPHA)
    assert play.expect_open("alpha").body == b"m|question"
    play.says("start:", "text:hello", "finish:stop", "end:")
    assert play.text == "hello"


def test_a_response_that_had_not_begun_begins() -> None:
    play = Revival(Kept(), ALPHA)
    play.says("text:hello", "finish:stop", "end:")
    assert play.status == 200
    assert play.text == "hello"


def test_a_plain_answer_is_asked_for_again() -> None:
    play = Revival(Kept(), ALPHA, stream=False)
    play.answers(200, b"whole")
    assert play.reply is not None
    assert play.reply.body == b"whole"


def test_a_whole_answer_needs_nothing_but_its_end() -> None:
    play = Revival(Kept(begun=True, frames=frames("text:all", "finish:stop", "end:")), ALPHA)
    play.expect_no_open()
    assert play.finished
    assert play.heard == b""


def test_an_answer_with_its_stop_reason_gets_its_terminal_marker() -> None:
    play = Revival(Kept(begun=True, frames=frames("text:all", "finish:stop")), ALPHA)
    play.expect_no_open()
    assert play.lines == ["end:"]


def test_a_delivered_tool_call_is_never_made_again() -> None:
    play = Revival(Kept(begun=True, frames=frames("text:so", "tool:{", "tool-end:}")), ALPHA)
    play.expect_no_open()
    assert play.lines == ["finish:tool_use", "end:"]


@pytest.mark.parametrize("line", ["think:hm", "opaque:x"])
def test_what_cannot_be_continued_ends_in_the_honest_error(line: str) -> None:
    play = Revival(Kept(begun=True, frames=frames("text:so", line)), ALPHA)
    play.expect_no_open()
    assert play.lines == ["error:internal"]
    assert play.exchange_record.outcome == "failed"


def test_a_workload_that_forbids_continuing_is_obeyed() -> None:
    kept = Kept(begun=True, frames=frames("text:so far"), upstream="alpha", model="m")
    play = Revival(kept, ALPHA, workload=Workload(recovery=RecoveryMode.ERROR))
    assert play.lines == ["error:internal"]


def test_another_model_goes_on_with_its_own_text_only() -> None:
    kept = Kept(begun=True, frames=frames("text:so far and "), upstream="gamma", model="another")
    Revival(kept, OTHER).expect_open("gamma")
    unknown = Kept(begun=True, frames=frames("text:so far and "), upstream="alpha", model="m")
    Revival(unknown, OTHER).expect_no_open()


def test_what_was_let_in_once_is_paid_for_and_not_refused() -> None:
    allowances = Allowances("a", 1)
    some = Allowance(usd_per_day=1.0)
    for _ in range(2):
        purse = allowances.purse(Identity("local"), some, 1000.0)
        assert purse is not None
        dear = candidate("alpha", price=Price(0, 10**9, 0, 0))
        play = Revival(Kept(), dear, paid=purse)
        play.expect_open("alpha")
        play.says("text:done", "finish:stop", "end:")
        play.ends()
    account = allowances.meters.account("tenant:local", 1000.0)
    assert (account.spent[Span.DAY].total(0), account.own_held) == (2 * 10**9, 0)
