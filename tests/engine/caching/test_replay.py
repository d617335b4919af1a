"""A hit from its request to its record."""

from mainstay.engine.caching.replay import replay
from mainstay.engine.progress import Conversation, Ticket
from mainstay.model.call import Call, CallKind
from mainstay.model.commands import Answer, Begin, Command, Finish, Listen, Send, Write
from mainstay.model.events import CallerLeft, Event
from mainstay.model.records import ExchangeRecord
from tests.engine.caching.answers import LINES, STORED_AT, kept

NOW, OFFSET = 50.0, STORED_AT - 30.0


def asked(*, stream: bool, notice: str = "", trouble: str = "") -> tuple[Ticket, Call]:
    ticket = Ticket("ex_9", NOW, OFFSET, lambda: 0.0, "acme", simulated_notice=notice, token="tk_1", trouble=trouble)
    return ticket, Call("toy", CallKind.ANSWER, "/ask", "m", stream=stream, headers=(), body=b"question")


def performed(conversation: Conversation, event: Event | None = None) -> list[Command]:
    """Its commands; whatever it listens for, this event comes."""
    commands: list[Command] = []
    answer: Event | None = None
    try:
        while True:
            commands.append(conversation.send(answer))
            answer = event if isinstance(commands[-1], Listen) else None
    except StopIteration:
        return commands


def test_a_plain_answer_is_given_whole_with_its_age_and_who_gave_it() -> None:
    ticket, call = asked(stream=False)
    answer, written = performed(replay(ticket, call, "chat", kept(b"body")))
    assert isinstance(answer, Answer)
    assert (answer.reply.status, answer.reply.body) == (200, b"body")
    assert answer.reply.headers == (
        ("content-type", "text/plain"),
        ("age", "20"),
        ("x-mainstay-cache", "hit"),
        ("x-mainstay-id", "ex_9"),
        ("x-mainstay-upstream", "alpha"),
        ("x-mainstay-model", "m"),
        ("x-mainstay-attempts", "0"),
    )
    assert written == Write(
        ExchangeRecord(
            "ex_9",
            NOW + OFFSET,
            "acme",
            "chat",
            "toy",
            "answer",
            stream=False,
            model_asked="m",
            outcome="answered",
            status=200,
            model_served="m",
            upstream="alpha",
            first_content_seconds=0.0,
            bytes_received=8,
            bytes_sent=4,
            token="tk_1",
            repeats="ex_0",
            cache="hit",
        )
    )


def test_a_stream_is_given_as_a_stream() -> None:
    ticket, call = asked(stream=True)
    begin, send, finish, written = performed(replay(ticket, call, "chat", kept(stream=True)))
    assert isinstance(begin, Begin)
    assert ("x-mainstay-cache", "hit") in begin.headers
    assert (send, finish) == (Send(b"".join(LINES)), Finish())
    assert isinstance(written, Write)
    assert isinstance(written.record, ExchangeRecord)
    assert written.record.bytes_sent == len(b"".join(LINES))


def test_a_caller_who_leaves_is_recorded_as_such_and_hears_no_end() -> None:
    ticket, call = asked(stream=True)
    commands = performed(replay(ticket, call, "chat", kept(*[b"x"] * 100, stream=True)), CallerLeft(NOW + 1))
    assert Finish() not in commands
    assert isinstance(commands[-1], Write)
    assert isinstance(commands[-1].record, ExchangeRecord)
    assert (commands[-1].record.outcome, commands[-1].record.fault) == ("left", "caller-left")
    assert (commands[-1].record.total_seconds, commands[-1].record.bytes_sent) == (1.0, 16)


def test_what_is_wrong_with_the_gateway_and_who_is_simulated_is_disclosed() -> None:
    ticket, call = asked(stream=False, notice="no real answers", trouble="gateway in trouble: journal")
    answer, _ = performed(replay(ticket, call, "chat", kept(b"body")))
    assert isinstance(answer, Answer)
    assert answer.reply.headers[-2:] == (
        ("x-mainstay-simulated", "no real answers"),
        ("x-mainstay-degraded", "gateway in trouble: journal"),
    )
