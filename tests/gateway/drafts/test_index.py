from pathlib import Path

from mainstay.gateway.drafts.draft_file import DraftFile
from mainstay.gateway.drafts.index import Entry, Index


def an_entry(name: str, at: float = 0.0, *, durable: bool = False, written: bool = False) -> Entry:
    file = DraftFile(name, Path(name), durable=durable) if written else None
    return Entry(name, 10, at, durable, file)


def names(entries: list[Entry]) -> list[str]:
    return [entry.exchange_id for entry in entries]


def test_sizes_are_added_up() -> None:
    index = Index()
    one, other = an_entry("one"), an_entry("other")
    index.add(one, finished=False)
    index.add(other, finished=True)
    index.grow(one, 25, 1.0)
    assert (index.bytes_kept, len(index)) == (35, 2)
    index.finish(one, 2.0)
    assert (index.bytes_kept, len(index)) == (35, 2)
    assert index.remove("one") is one
    assert index.remove("one") is None
    assert (index.bytes_kept, len(index), index.get("one"), index.get("other")) == (10, 1, None, other)


def test_the_oldest_finished_go_first_and_durable_unfinished_never() -> None:
    index = Index()
    index.add(an_entry("unfinished"), finished=False)
    index.add(an_entry("durable", durable=True), finished=False)
    index.add(an_entry("late"), finished=False)
    index.add(an_entry("early", durable=True), finished=True)
    late = index.get("late")
    assert late is not None
    index.finish(late, 5.0)
    assert names(list(index.victims())) == ["early", "late", "unfinished"]


def test_nobody_writes_what_is_finished() -> None:
    index = Index()
    entry = an_entry("one", written=True)
    index.add(entry, finished=False)
    index.finish(entry, 5.0)
    assert (entry.file, entry.at) == (None, 5.0)


def test_what_is_written_again_is_unfinished_and_counted_once() -> None:
    index = Index()
    entry = an_entry("one", durable=True)
    index.add(entry, finished=True)
    file = DraftFile("one", Path("one"), durable=True)
    index.begin_again(entry, file)
    assert (entry.file, index.bytes_kept, len(index), list(index.victims())) == (file, 10, 1, [])


def test_age_spares_what_is_being_written_and_what_must_be_picked_up() -> None:
    index = Index()
    index.add(an_entry("finished", 1.0), finished=True)
    index.add(an_entry("younger", 9.0), finished=True)
    index.add(an_entry("abandoned", 1.0), finished=False)
    index.add(an_entry("written", 1.0, written=True), finished=False)
    index.add(an_entry("durable", 1.0, durable=True), finished=False)
    assert names(index.older_than(5.0)) == ["finished", "abandoned"]


def test_leftovers_are_durable_and_nobody_writes_them() -> None:
    index = Index()
    index.add(an_entry("left", durable=True), finished=False)
    index.add(an_entry("written", durable=True, written=True), finished=False)
    index.add(an_entry("finished", durable=True), finished=True)
    index.add(an_entry("usual"), finished=False)
    assert names(index.leftovers()) == ["left"]
