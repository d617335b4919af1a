from pathlib import Path

import pytest

from mainstay.gateway.drafts.disk import Disk
from mainstay.gateway.drafts.draft_file import SIGN_BYTES, DraftFile
from mainstay.gateway.drafts.entries import (
    BEGUN,
    DELIVERED,
    ENDED,
    OPENING,
    PICKED_UP,
    REPLIED,
    Begun,
    Beyond,
    Ended,
    Entry,
    Missing,
    PickedUp,
    Reason,
    encode,
)
from mainstay.gateway.drafts.reading import Kept, read_draft, read_stretch
from mainstay.gateway.drafts.seal import FRAMES_AT, STATE_AT, STATE_TAIL_LOST, frames
from mainstay.model.http import Reply
from tests.gateway.drafts.conftest import KEY, event, events, opening

STORY: list[Entry] = [
    (OPENING, encode(opening())),
    (BEGUN, encode(Begun(200, (("a", "b"),)))),
    (DELIVERED, events(0, 3)),
    (ENDED, encode(Ended("left", 1_400.0))),
    (PICKED_UP, encode(PickedUp(1_500.0))),
    (DELIVERED, b": wait\n\n" + event(3)),
    (ENDED, encode(Ended("answered", 1_600.0))),
]


@pytest.fixture
def file(tmp_path: Path) -> DraftFile:
    return DraftFile("ex_1", tmp_path / "ex_1.draft", durable=False)


def write(file: DraftFile, entries: list[Entry]) -> list[bytes]:
    sealed = file.sealed(KEY, entries)
    file.path.write_bytes(b"".join(sealed))
    file.wrote(entries, sealed)
    return [sealed[0][FRAMES_AT:], *sealed[1:]]


def read(file: DraftFile) -> Kept | Missing:
    return read_draft(Disk(), file.path, "ex_1", KEY)


def test_a_whole_draft_is_read(file: DraftFile) -> None:
    write(file, STORY)
    kept = read(file)
    assert isinstance(kept, Kept)
    assert kept.opening == opening()
    assert kept.begun == Begun(200, (("a", "b"),))
    assert kept.data == events(0, 3) + b": wait\n\n" + event(3)
    assert (kept.events, kept.picked_up, kept.ended) == (4, (1_500.0,), Ended("answered", 1_600.0))
    assert kept.complete
    assert kept.after(3) == b": wait\n\n" + event(3)
    assert kept.after(5) == Beyond(4)
    assert (kept.file.size, kept.file.frames, kept.file.torn) == (file.size, 7, False)


def test_a_whole_reply_is_read(file: DraftFile) -> None:
    reply = Reply(400, (("content-type", "application/json"),), b'{"error":1}')
    write(file, [STORY[0], (REPLIED, encode(reply)), STORY[-1]])
    kept = read(file)
    assert isinstance(kept, Kept)
    assert kept.replied == reply


def test_torn_at_any_byte_it_is_the_beginning_of_the_story(file: DraftFile) -> None:
    sealed = write(file, STORY)
    data = file.path.read_bytes()
    ends = [FRAMES_AT + sum(map(len, sealed[: number + 1])) for number in range(len(sealed))]
    for size in range(len(data)):
        file.path.write_bytes(data[:size])
        whole = sum(end <= size for end in ends)
        kept = read(file)
        if not whole:
            assert kept == Missing(Reason.DAMAGED)
            continue
        assert isinstance(kept, Kept)
        assert kept.data == b"".join([content for kind, content in STORY[:whole] if kind == DELIVERED])
        assert kept.complete == (whole == 4)
        assert (kept.file.frames, kept.file.size, kept.file.torn) == (whole, ends[whole - 1], size > ends[whole - 1])


def test_swapped_repeated_or_missing_records_are_damage(file: DraftFile) -> None:
    sealed = write(file, STORY)
    header = file.path.read_bytes()[:FRAMES_AT]
    for order in (
        [0, 2, 1, 3, 4, 5, 6],
        [0, 1, 3, 4, 5, 6],
        [0, 1, 2, 2, 3, 4, 5, 6],
        [1, 2, 3, 4, 5, 6],
        [0, 1, 2, 4],
    ):
        file.path.write_bytes(header + b"".join([sealed[number] for number in order]))
        assert read(file) == Missing(Reason.DAMAGED)


def test_any_altered_byte_behind_the_header_is_damage(file: DraftFile) -> None:
    write(file, STORY)
    data = file.path.read_bytes()
    for place in range(FRAMES_AT, len(data)):
        changed = bytearray(data)
        changed[place] ^= 1
        file.path.write_bytes(changed)
        assert read(file) == Missing(Reason.DAMAGED)


def test_a_record_that_cannot_be_understood_is_damage(file: DraftFile) -> None:
    write(file, [(OPENING, b"\xc1")])
    assert read(file) == Missing(Reason.DAMAGED)


def test_the_draft_of_another_exchange_is_not_given(file: DraftFile) -> None:
    write(file, STORY)
    assert read_draft(Disk(), file.path, "ex_2", KEY) == Missing(Reason.DAMAGED)


def test_another_key_is_told_apart_from_damage(file: DraftFile) -> None:
    write(file, STORY)
    assert read_draft(Disk(), file.path, "ex_1", bytes(32)) == Missing(Reason.KEY)


def test_what_is_not_there_or_cannot_be_read_is_told_apart(file: DraftFile) -> None:
    assert read(file) == Missing(Reason.UNKNOWN)
    file.path.mkdir()
    assert read(file) == Missing(Reason.UNREADABLE)


def test_a_lost_tail_is_told(file: DraftFile) -> None:
    write(file, STORY)
    Disk().write_at(file.path, STATE_AT, STATE_TAIL_LOST)
    kept = read(file)
    assert isinstance(kept, Kept)
    assert kept.tail_lost
    assert not kept.complete


def long_story() -> list[Entry]:
    chunk = b"0123456789abcdef" * (SIGN_BYTES // 32)
    return [STORY[0], *[(DELIVERED, chunk), STORY[1]] * 9]


def test_stretches_together_are_the_whole_from_any_position(file: DraftFile) -> None:
    story = long_story()
    write(file, story)
    whole = b"".join([content for kind, content in story if kind == DELIVERED])
    for start in range(0, len(whole), 31_337):
        position, found = start, b""
        while position < len(whole):
            stretch = read_stretch(Disk(), file, position)
            assert isinstance(stretch, bytes)
            assert 0 < len(stretch) <= 2 * SIGN_BYTES
            found += stretch
            position += len(stretch)
        assert found == whole[start:]


def test_a_stretch_that_is_not_there_is_told(file: DraftFile) -> None:
    disk = Disk()
    assert read_stretch(disk, file, 0) == Missing(Reason.TAIL_LOST)
    write(file, long_story())
    assert read_stretch(disk, file, file.stream_bytes) == Missing(Reason.TAIL_LOST)
    data = file.path.read_bytes()
    for changed, expected in ((data[:-1] + b"\x00", Reason.DAMAGED), (data[: len(data) // 2], Reason.DAMAGED)):
        file.path.write_bytes(changed)
        assert isinstance(read_stretch(disk, file, 0), bytes)
        assert read_stretch(disk, file, file.stream_bytes - 1) == Missing(expected)
    file.path.unlink()
    assert read_stretch(disk, file, 0) == Missing(Reason.TAIL_LOST)
    file.path.mkdir()
    assert read_stretch(disk, file, 0) == Missing(Reason.UNREADABLE)


def test_every_record_kind_of_the_story_is_framed_once(file: DraftFile) -> None:
    write(file, STORY)
    assert [frame.kind for frame in frames(file.path.read_bytes(), FRAMES_AT)] == [kind for kind, _ in STORY]
