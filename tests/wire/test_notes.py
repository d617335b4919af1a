from mainstay.model.catalogue import ABLE
from mainstay.model.fault import Blame, FaultKind
from mainstay.wire.notes import ReadingNotes, WritingNotes, unable


def test_what_comes_up_in_reading_is_named_once_and_in_order() -> None:
    notes = ReadingNotes()
    for name in ("b", "a", "b"):
        notes.drop(name)
        notes.stay(f"block {name}")
    assert notes.extras == ("b", "a")
    assert notes.stays == ("block b", "block a")
    assert notes.mistake is None


def test_the_first_mistake_of_the_caller_counts() -> None:
    notes = ReadingNotes()
    notes.wrong("messages", "first.")
    notes.wrong("tools", "second.")
    assert notes.mistake is not None
    assert (notes.mistake.kind, notes.mistake.message) == (FaultKind.REQUEST, "messages: first.")


def test_what_comes_up_in_writing_is_named_once_and_in_order() -> None:
    notes = WritingNotes(ABLE)
    for name in ("seed", "top_k", "seed"):
        notes.lose(name)
    assert (notes.losses, notes.obstacle, notes.able) == (("seed", "top_k"), None, ABLE)


def test_the_first_obstacle_counts() -> None:
    notes = WritingNotes(ABLE)
    notes.bar("images by URL")
    notes.bar("documents")
    assert notes.obstacle is not None
    assert (notes.obstacle.kind, notes.obstacle.message) == (FaultKind.NO_CANDIDATE, "images by URL")


def test_of_several_parameters_those_that_were_given_are_lost() -> None:
    notes = WritingNotes(ABLE)
    notes.lose_given({"seed": None, "top_k": 0, "temperature": 0.5})
    assert notes.losses == ("top_k", "temperature")


def test_a_target_that_cannot_is_nobodys_outage() -> None:
    fault = unable("documents by URL")
    assert (fault.kind, fault.message, fault.blame) == (FaultKind.NO_CANDIDATE, "documents by URL", Blame.US)
