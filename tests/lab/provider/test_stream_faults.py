import msgspec
import pytest

from mainstay.lab.provider.anthropic import Anthropic
from mainstay.lab.provider.fault import parse_fault
from mainstay.lab.provider.openai_responses import OpenaiResponses
from mainstay.lab.provider.scene import Scene
from mainstay.lab.provider.script import Part, PartKind, Script, whole
from mainstay.lab.provider.steps import Cut, Head
from mainstay.lab.provider.stream_faults import PINGS_MAX, STREAM_FAULTS, paced
from mainstay.lab.provider.voice import Stamp, Voice

ANTHROPIC = Anthropic()
HEAD = Head(200, ())
STREAM = Script(
    head=HEAD,
    parts=(
        Part(PartKind.PREAMBLE, b"start\n\n"),
        Part(PartKind.TEXT, b"one\n\n", chars=3),
        Part(PartKind.TEXT, b"two\n\n", chars=3),
        Part(PartKind.FINISH, b"finish\n\n"),
        Part(PartKind.END, b"end\n\n"),
    ),
)
PLAIN = whole(HEAD, b'{"answer":"one two"}', chars=6)


def broken(text: str, script: Script = STREAM, voice: Voice = ANTHROPIC) -> Script:
    fault = parse_fault(text)
    return STREAM_FAULTS[fault.name](script, Scene(voice, Stamp("primary", "00000000", 0.0), fault))


def kinds(script: Script) -> list[PartKind]:
    return [part.kind for part in script.parts]


def data(script: Script) -> list[bytes]:
    return [part.data for part in script.parts]


def test_keep_alives_come_before_or_inside_the_text() -> None:
    before = broken("pings-only:seconds=2,interval=1")
    assert kinds(before)[1:3] == [PartKind.PING, PartKind.PING]
    assert [part.pause_seconds for part in before.parts[1:3]] == [1.0, 1.0]
    inside = broken("pings-only:seconds=1,interval=1,after=3")
    assert kinds(inside).index(PartKind.PING) == 2


def test_keep_alives_are_bounded() -> None:
    assert len(broken("pings-only:seconds=1000000,interval=0").parts) == PINGS_MAX + len(STREAM.parts)


@pytest.mark.parametrize(
    ("place", "before"), [("start", []), ("preamble", [b"start\n\n"]), ("content", [b"start\n\n", b"one\n\n"])]
)
def test_an_error_comes_where_it_is_ordered(place: str, before: list[bytes]) -> None:
    *said, error = data(broken(f"inband-error:at={place},after=3"))
    assert said == before
    assert error.startswith(b"event: error\n")


def test_a_dialect_may_have_its_own_words_for_an_error() -> None:
    flat = broken("inband-error:after=3", voice=OpenaiResponses())
    assert flat.parts[-1].data.startswith(b'event: error\ndata: {"type":"error","sequence_number":2,"code"')
    failed = broken("inband-error:after=3,event=failed", voice=OpenaiResponses())
    assert failed.parts[-1].data.startswith(b"event: response.failed\n")


def test_an_answer_may_have_failed_as_a_whole() -> None:
    (part,) = broken("inband-error:event=failed", PLAIN, OpenaiResponses()).parts
    assert msgspec.json.decode(part.data)["status"] == "failed"
    (part,) = broken("inband-error", PLAIN, OpenaiResponses()).parts
    assert list(msgspec.json.decode(part.data)) == ["error"]


def test_speed_spreads_the_text() -> None:
    assert [part.pause_seconds for part in paced(STREAM, 3.0).parts] == [0, 1, 1, 0, 0]
    assert paced(PLAIN, 3.0).wait_seconds == 2.0
    assert paced(PLAIN, 0.0).wait_seconds > 1000


def test_a_length_may_be_wrong_in_both_directions() -> None:
    size = len(PLAIN.parts[0].data)
    assert broken("wrong-length:by=-5", PLAIN).content_length == size - 5
    assert broken("wrong-length:by=5", PLAIN).content_length == size + 5
    assert broken("wrong-length:by=-5000", PLAIN).content_length == 0
    assert broken("wrong-length").ending == Cut()


def test_split_pieces_have_the_size_that_was_asked_for() -> None:
    assert {len(piece) for piece in data(broken("split:bytes=7"))[:-1]} == {7}
    assert not broken("split:bytes=7", PLAIN).is_stream


def test_a_compressed_body_has_its_own_length() -> None:
    packed = broken("gzip", PLAIN)
    assert packed.content_length == sum(len(piece) for piece in data(packed))
    assert broken("gzip").content_length is None


@pytest.mark.parametrize("fault", ["malformed-event", "unknown-event", "empty-data", "comments", "crlf", "no-done"])
def test_faults_of_events_leave_other_bodies_alone(fault: str) -> None:
    assert broken(fault, PLAIN) == PLAIN


def test_an_inband_error_takes_the_place_of_a_plain_answer() -> None:
    (part,) = broken("inband-error:type=api_error", PLAIN).parts
    assert msgspec.json.decode(part.data)["error"]["type"] == "api_error"
