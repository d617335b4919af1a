"""Who knew first."""

from msgspec.structs import replace

from mainstay.model.records import DetectionRecord, FeedRecord, Record
from mainstay.ops.report.lead import leads, told_at
from mainstay.ops.report.report import Lead
from tests.ops.report.samples import BEGAN, NORTH, records, seen, sources


def lead(*said: FeedRecord, keeps: type[Record] | None = None) -> Lead:
    kept = [one for one in records() if not isinstance(one, FeedRecord)]
    if keeps is not None:
        kept = [one for one in kept if isinstance(one, keeps)]
    (found,) = leads(replace(sources(), records=(*kept, *said)))
    return found


def page(at: float, state: str = "major_outage", said_at: float | None = None) -> FeedRecord:
    return FeedRecord("f", at, "north", f"about {NORTH}", state, said_at)


def test_our_first_evidence_is_compared_with_the_pages_first_word() -> None:
    (found,) = leads(sources())
    assert (found.own_at, found.page_at, found.seconds) == (BEGAN + 10, BEGAN + 730, 720)
    assert found.words.endswith("12 min after them.")


def test_a_page_that_was_first_is_said_to_be() -> None:
    assert lead(page(BEGAN - 50)).seconds == -60
    assert lead(page(BEGAN - 50)).words.endswith("60 s before them.")
    assert "at the same time" in lead(page(BEGAN + 10.4)).words


def test_a_page_that_says_nothing_and_one_that_is_not_read_are_two_things() -> None:
    assert "told nothing" in lead(page(BEGAN + 60, "operational")).words
    assert "Nothing of its page is recorded" in lead().words


def test_trouble_of_reading_the_page_is_no_word_of_the_page() -> None:
    assert lead(FeedRecord("f", BEGAN, "north", "feed", "down")).page_at is None


def test_what_the_page_said_is_no_evidence_of_our_own() -> None:
    early = DetectionRecord("d", BEGAN + 5, NORTH, "suspected", "", (seen(BEGAN + 1, "page"),))
    (found,) = leads(replace(sources(), records=(early, *records())))
    assert found.own_at == BEGAN + 10


def test_only_the_page_told() -> None:
    bare = replace(sources().incident, timeline=())
    (found,) = leads(replace(sources(), incident=bare, records=(page(BEGAN + 60),)))
    assert found.words == "Only its page told, at 2026-03-02 11:50:00 UTC."
    (nothing,) = leads(replace(sources(), incident=bare, records=()))
    assert nothing.words == "Our own requests met nothing of it."


def test_what_was_said_long_before_belongs_to_something_else() -> None:
    assert lead(page(BEGAN - 9_000)).page_at is None


def test_where_the_page_called_well_what_was_ill_that_is_told() -> None:
    (found,) = leads(sources())
    assert found.disagreements == (
        "2026-03-02 11:54:00 UTC: its page said component API operational; we found upstream:north ill.",
    )
    assert lead(page(BEGAN + 4_000, "operational")).disagreements == ()


def test_a_page_is_known_when_it_says_so_unless_that_lies_in_the_future() -> None:
    assert told_at(page(100.0, said_at=60.0)) == 60.0
    assert told_at(page(100.0, said_at=900.0)) == told_at(page(100.0)) == 100.0
