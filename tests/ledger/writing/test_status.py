import msgspec

from mainstay.ledger.writing.status import JournalStatus


def test_a_journal_that_has_not_begun_is_well() -> None:
    status = JournalStatus()
    assert status.trouble is None
    assert not status.full
    assert (status.pending, status.written, status.dropped) == (0, 0, 0)


def test_its_names_are_those_that_probes_read() -> None:
    told = msgspec.to_builtins(JournalStatus("disk is full", 1, 2, 3, full=True))
    assert {name: told[name] for name in ("trouble", "pending", "written", "dropped", "full")} == {
        "trouble": "disk is full",
        "pending": 1,
        "written": 2,
        "dropped": 3,
        "full": True,
    }
