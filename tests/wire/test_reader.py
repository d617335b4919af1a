import pytest

from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Frame, FrameKind
from mainstay.wire.reader import StreamReader
from mainstay.wire.sse import SseEvent, SseSplitter
from tests.wire.streams import kinds


class WordMeaning:
    """A dialect of single words: any word is text, `bad` makes no sense, `tool` opens a call and `whole` ends it."""

    def __init__(self) -> None:
        self.holding = False

    def read(self, event: SseEvent) -> Frame | None:
        word = (event.data or b"").decode()
        if word == "bad":
            return None
        self.holding = word == "tool" or (self.holding and word != "whole")
        kind = {"end": FrameKind.END, "error": FrameKind.ERROR}.get(word, FrameKind.TEXT)
        return Frame(kind, event.raw, word, self.holding)

    def classify(self, data: bytes) -> Fault | None:
        return Fault(FaultKind.OVERLOAD, "busy", 200) if b"busy" in data else None


def reader(event_bytes_max: int = 1000) -> StreamReader:
    return StreamReader(WordMeaning(), SseSplitter(event_bytes_max))


def words(*said: str) -> bytes:
    return "".join(f"data: {word}\n\n" for word in said).encode()


def fault_of(frames: list[Frame]) -> Fault:
    assert kinds(frames) == [FrameKind.ERROR]
    assert frames[0].fault is not None
    return frames[0].fault


def test_a_malformed_event_is_left_out_and_counted() -> None:
    stream = reader()
    assert [frame.text for frame in stream.feed(words("a", "bad", "b"))] == ["a", "b"]
    assert stream.dropped == 1


def test_a_malformed_event_inside_a_tool_call_is_an_error() -> None:
    stream = reader()
    frames = stream.feed(words("tool", "bad", "whole"))
    assert kinds(frames) == [FrameKind.TEXT, FrameKind.ERROR]
    assert fault_of(frames[1:]).kind is FaultKind.MALFORMED
    assert stream.feed(words("whole")) == []


def test_after_a_whole_tool_call_a_malformed_event_is_left_out_again() -> None:
    stream = reader()
    assert len(stream.feed(words("tool", "whole", "bad", "b"))) == 3
    assert stream.dropped == 1


def test_comments_are_pings_and_keep_their_bytes() -> None:
    (frame,) = reader().feed(b": keepalive\n\n")
    assert (frame.kind, frame.raw, frame.holds) == (FrameKind.PING, b": keepalive\n\n", False)


def test_a_comment_inside_a_tool_call_does_not_end_the_holding() -> None:
    assert [frame.holds for frame in reader().feed(words("tool") + b": x\n\n" + words("whole"))] == [True, True, False]


@pytest.mark.parametrize("event", [b"event: ping\n\n", b"event: content\n\n", b"what is this\n\n"])
def test_an_event_without_data_is_left_out_and_counted(event: bytes) -> None:
    stream = reader()
    assert [frame.text for frame in stream.feed(words("a") + event + words("b"))] == ["a", "b"]
    assert stream.dropped == 1


def test_an_error_event_that_cannot_be_read_is_still_an_error() -> None:
    fault = fault_of(reader().feed(b"event: error\ndata: bad\n\n"))
    assert (fault.kind, fault.status) == (FaultKind.UNKNOWN, 200)


@pytest.mark.parametrize("last", ["end", "error"])
def test_nothing_comes_after_the_last_word(last: str) -> None:
    stream = reader()
    assert len(stream.feed(words("a", last, "b"))) == 2
    assert stream.feed(words("c")) == []
    assert stream.close() == []


def test_an_incomplete_tail_is_discarded() -> None:
    stream = reader()
    assert len(stream.feed(words("a") + b"data: b\n")) == 1
    assert stream.close() == []
    assert stream.dropped == 0


def test_a_stream_cut_in_its_first_event_is_no_web_page() -> None:
    stream = reader()
    assert stream.feed(b"event: mess") == []
    assert stream.close() == []


def test_a_last_event_that_waited_for_a_line_feed_is_given() -> None:
    stream = reader()
    assert stream.feed(b"data: end\r\r") == []
    assert kinds(stream.close()) == [FrameKind.END]


@pytest.mark.parametrize("body", [b'{"error": "busy"}', b'\n{"error": "busy"}', b'{"error": "busy"}\n\n'])
def test_a_plain_error_in_place_of_a_stream_is_classified(body: bytes) -> None:
    stream = reader()
    assert fault_of(stream.feed(body) + stream.close()).kind is FaultKind.OVERLOAD


@pytest.mark.parametrize(
    "body", [b"<html>sorry</html>", b"<html>\n\n<p>sorry</p>\n\n</html>", b'{"id": "a whole answer"}']
)
def test_a_web_page_in_place_of_a_stream_is_malformed(body: bytes) -> None:
    stream = reader()
    assert fault_of(stream.feed(body) + stream.close()).kind is FaultKind.MALFORMED


def test_an_event_beyond_the_limit_is_malformed() -> None:
    stream = reader(event_bytes_max=20)
    frames = stream.feed(words("a") + b"data: " + b"x" * 30)
    assert frames[0].text == "a"
    assert fault_of(frames[1:]).kind is FaultKind.MALFORMED
    assert stream.feed(b"\n\n") == []
