"""Which answers are worth keeping: whole ones, of the model that was asked, to all that was asked."""

import pytest

from mainstay.model.catalogue import RecoveryMode, Workload
from mainstay.model.events import Breakage
from tests.engine.caching.slots import CachingPlay, KeptSlot, play_with
from tests.engine.play import candidate
from tests.engine.toy import ToyDialect

TRUSTED = Workload(recovery=RecoveryMode.CONTINUE, continue_substitutes=True)


@pytest.fixture
def slot() -> KeptSlot:
    return KeptSlot()


def whole(play: CachingPlay) -> None:
    play.says("start:", "text:hello", "finish:", "end:")
    play.ends()


def test_a_whole_stream_is_kept(slot: KeptSlot) -> None:
    play = play_with(slot)(ToyDialect(), candidate("alpha"))
    whole(play)
    assert play.finished
    assert slot.taken == [play.exchange_record]


def test_a_whole_plain_answer_is_kept(slot: KeptSlot) -> None:
    play = play_with(slot)(ToyDialect(), candidate("alpha"), stream=False)
    play.answers(200, b"text:hello\nfinish:\nend:\n")
    assert [one.id for one in slot.taken] == ["ex_1"]


def test_the_same_model_elsewhere_is_as_good(slot: KeptSlot) -> None:
    play = play_with(slot)(ToyDialect(), candidate("alpha"), candidate("beta"))
    play.answers(503)
    whole(play)
    assert [one.upstream for one in slot.taken] == ["beta"]


def test_a_substitute_s_answer_is_not_kept(slot: KeptSlot) -> None:
    play = play_with(slot)(ToyDialect(), candidate("alpha"), candidate("beta", "other", substitute=True))
    play.answers(500)
    while len(play.opened) < 3 and play.opened[-1].upstream != "beta":
        play.after(1.0)
        if play.opened[-1].upstream == "alpha":
            play.answers(500)
    whole(play)
    assert play.finished
    assert slot.taken == []


def test_what_was_continued_is_not_kept(slot: KeptSlot) -> None:
    play = play_with(slot)(
        ToyDialect(), candidate("alpha", prefill=True), candidate("beta", prefill=True), workload=TRUSTED
    )
    play.says("start:", "text:It was a dark and stormy night; ", "text:the rain fell in torrents, ")
    play.breaks(Breakage.CUT)
    play.after(1.0)
    play.says("start:", "text:except at intervals.", "finish:", "end:")
    play.ends()
    assert play.exchange_record.recovered == 1
    assert slot.taken == []


def test_what_leaves_something_out_is_not_kept(slot: KeptSlot) -> None:
    play = play_with(slot)(ToyDialect(), candidate("alpha"), losses={"alpha": ("a tool",)})
    whole(play)
    assert play.finished
    assert slot.taken == []


def test_what_breaks_off_is_not_kept(slot: KeptSlot) -> None:
    play = play_with(slot)(ToyDialect(), candidate("alpha"))
    play.says("start:", "text:hello")
    play.leaves()
    assert play.over
    assert slot.taken == []


def test_an_error_is_not_kept(slot: KeptSlot) -> None:
    play = play_with(slot)(ToyDialect(), candidate("alpha"), stream=False)
    play.answers(400)
    assert play.status == 400
    assert slot.taken == []
