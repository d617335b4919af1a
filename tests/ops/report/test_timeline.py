"""The timeline."""

from msgspec.structs import replace

from mainstay.model.incident import Impact, Opened
from mainstay.model.playbook import Approved, Asked, Cancelled, Refused, RunEnded
from mainstay.model.records import BreakerRecord, CapacityRecord, LeaseRecord, Record, RunRecord
from mainstay.ops.report.timeline import LINES_OF_SOURCE_MAX, is_about, timeline
from tests.ops.report.samples import BEGAN, records, sources
from tests.ops.status.samples import incident


def words(*more: Record) -> list[str]:
    return [line.words for line in timeline(replace(sources(), records=(*records(), *more)))]


def test_lines_are_in_order_and_each_has_its_source() -> None:
    lines = timeline(sources())
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    assert {line.source for line in lines} == {
        "incident",
        "detection",
        "provider page",
        "order",
        "playbook",
        "notice",
        "gateway",
        "probe",
        "status page",
    }
    assert all(line.words for line in lines)


def test_what_was_done_names_who_did_it() -> None:
    by = {line.words: line.who for line in timeline(sources())}
    assert by["ORD-1 given: drain north (north is down)"] == "ada"
    assert by["RUN-1 began: provider-down (INC-7)"] == "detection"


def test_what_belongs_to_others_is_left_out() -> None:
    found = " ".join(words())
    assert "RUN-2" not in found
    assert "Elsewhere" not in found
    assert "south" not in found.replace("quota at south", "")


def test_complaints_of_people_are_not_told_word_by_word() -> None:
    assert "secret-complaint" not in " ".join(words())


def test_of_probes_only_changes_are_told() -> None:
    assert [line for line in words() if line.startswith("upstream:north: ")] == [
        "upstream:north: failed (overloaded)",
        "upstream:north: served",
    ]


def test_what_the_page_said_stands_where_it_was_said() -> None:
    line = next(one for one in timeline(sources()) if "partial outage: E" in one.words)
    assert (line.at, line.source) == (BEGAN + 730, "provider page")
    assert line.words == "north, upstream:north: partial outage: Elevated errors"


def test_what_was_read_late_is_told_to_be() -> None:
    assert any(line.endswith("(we read it at 2026-03-02 11:54:00 UTC)") for line in words())


def test_all_that_a_run_tells_is_told() -> None:
    events = (
        Asked("go", BEGAN, "drain?"),
        Approved("go", "operator", "yes"),
        Refused("go", "operator"),
        Cancelled("no"),
    )
    runs = [RunRecord("x", BEGAN + 140, "RUN-1", 9, "bob", event) for event in events]
    found = words(*runs, RunRecord("x", BEGAN + 150, "RUN-1", 10, "bob", RunEnded("cancelled", "by bob")))
    assert {
        "RUN-1, step go asks for approval: drain?",
        "RUN-1, step go was approved: yes",
        "RUN-1, step go was refused",
        "RUN-1 was stopped: no",
        "RUN-1 ended: cancelled: by bob",
    } <= set(found)


def test_what_happened_to_ourselves_is_told() -> None:
    lease = LeaseRecord("l", BEGAN, "host-a", "acts", 3, "the other is gone")
    shed = CapacityRecord("s", BEGAN, "admission", "", "", "critical", "too much to do")
    learned = CapacityRecord("m", BEGAN, "limit", "north", "sonnet-v4", "12", "learned")
    found = words(lease, shed, learned)
    assert "host-a acts: the other is gone" in found
    assert "admission: critical (too much to do)" in found
    assert not any("learned" in line for line in found)


def test_of_a_source_with_very_much_to_say_the_beginning_is_kept() -> None:
    many = [BreakerRecord("b", BEGAN + n, "north", "m", "c", "open", f"n{n}") for n in range(LINES_OF_SOURCE_MAX + 50)]
    lines = [line for line in timeline(replace(sources(), records=tuple(many))) if line.source == "gateway"]
    assert len(lines) == LINES_OF_SOURCE_MAX + 1
    assert lines[-1].words == "50 further lines left out here"


def test_long_text_is_cut_to_a_line() -> None:
    (line,) = [one for one in words(BreakerRecord("b", BEGAN, "north", "m", "c", "open", "x\n" * 900)) if "x x" in one]
    assert len(line) == 500


def test_what_an_incident_is_about() -> None:
    assert is_about(sources(), "upstream:north/any")
    assert not is_about(sources(), "upstream:south")
    assert is_about(sources(), "model:sonnet")
    assert not is_about(sources(), "model:opus")
    assert is_about(sources(), "gateway")
    bare = replace(sources(), incident=incident("INC-1", (BEGAN, Opened("a", Impact.MINOR, "hand", BEGAN))))
    assert is_about(bare, "upstream:anything")
