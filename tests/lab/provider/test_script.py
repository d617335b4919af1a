from mainstay.lab.provider.script import Part, PartKind, Script, lay_out, whole
from mainstay.lab.provider.steps import Body, Cut, End, Head, Pause

HEAD = Head(200, (("a", "b"),))


def test_a_whole_body_has_a_length() -> None:
    script = whole(HEAD, b"abc")
    assert lay_out(script) == [Head(200, (("a", "b"), ("content-length", "3"))), Body(b"abc"), End()]
    assert not script.is_stream


def test_events_come_in_chunks_with_their_pauses() -> None:
    parts = (Part(PartKind.TEXT, b"one"), Part(PartKind.PING, b""), Part(PartKind.END, b"two", pause_seconds=0.5))
    steps = lay_out(Script(head=HEAD, parts=parts, wait_seconds=1.0))
    head = Head(200, (("a", "b"), ("transfer-encoding", "chunked")))
    assert steps == [Pause(1.0), head, Body(b"one"), Pause(0.5), Body(b"two"), End()]


def test_without_a_head_there_is_only_the_ending() -> None:
    assert lay_out(Script(head=None, parts=(Part(PartKind.TEXT, b"one"),), ending=Cut())) == [Cut()]
