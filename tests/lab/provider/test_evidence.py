import re

import msgspec
import pytest

from mainstay.lab.provider.ask import Ask, Result, Said
from mainstay.lab.provider.evidence import (
    digest,
    evidence,
    image,
    images_seen,
    mark,
    parameters_seen,
    plain,
    results_seen,
    system_seen,
)

ASK = Ask(model="m", stream=False, conversation=(), system="be brief")
HELLO = Said("user", "hello")
CALLS = Said("assistant", "", calls=("a", "b"))


def test_a_digest_depends_on_content_order_and_borders() -> None:
    assert re.fullmatch("[0-9a-f]{8}", digest(("a", "b")))
    assert len({digest(pieces) for pieces in (("a", "b"), ("b", "a"), ("ab",), ("a", "b", ""), ())}) == 5


def test_marks_differ_by_provider() -> None:
    assert mark("primary") != mark("standby")
    assert mark("primary") == mark("primary")


def test_layout_makes_no_difference() -> None:
    assert plain(" be\n\tbrief ") == "be brief"
    assert system_seen("be\n\nbrief") == system_seen("be brief") != system_seen("be kind")


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("data:image/png;base64,aGk=", "aGk="),
        ("https://example.com/a.png", "https://example.com/a.png"),
        ("https://example.com/?q=;base64,x", "https://example.com/?q=;base64,x"),
        ("", ""),
    ],
)
def test_a_picture_is_its_data_or_its_url(url: str, seen: str) -> None:
    assert image(url) == seen


def test_pictures_are_counted() -> None:
    assert images_seen(("aGk=", "aGo=")) == f"[images=2 digest={digest(('aGk=', 'aGo='))}]"


def test_results_stand_in_the_order_of_the_calls() -> None:
    one, two = Result("a", "1"), Result("b", "2", ("aGk=",))
    together = results_seen((CALLS, Said("user", "", results=(one, two))))
    assert together == f"[tool results=2 digest={digest(('1', '2', 'aGk='))}]"
    assert results_seen((CALLS, Said("user", "", results=(two, one)))) == together
    apart = (CALLS, Said("tool", "", results=(two,)), Said("tool", "", results=(one,)))
    assert results_seen(apart) == together
    swapped = (CALLS, Said("user", "", results=(Result("a", "2", ("aGk=",)), Result("b", "1"))))
    assert results_seen(swapped) != together


def test_parameters_that_were_given() -> None:
    assert parameters_seen(ASK) == "[no parameters]"
    given = msgspec.structs.replace(
        ASK, max_tokens=100, temperature=0.5, stop_sequences=("END", "STOP"), effort="low", end_user="u1"
    )
    assert parameters_seen(given) == "[max=100 temp=0.5 stop=END,STOP effort=low user=u1]"
    assert parameters_seen(msgspec.structs.replace(ASK, temperature=0.0)) == "[temp=0]"


def test_nothing_is_shown_unasked_but_pictures_and_documents() -> None:
    answered = (CALLS, Said("user", "", results=(Result("a", "1"), Result("b", "2"))))
    assert evidence(ASK, HELLO, answered, frozenset()) == ""
    question = msgspec.structs.replace(HELLO, images=("aGk=",), documents=1)
    shown = evidence(ASK, question, answered, frozenset({"results", "system", "params"}))
    assert re.fullmatch(
        r"\[images=1 digest=\w{8}\] \[documents=1\] \[tool results=2 digest=\w{8}\] "
        r"\[system=\w{8}\] \[no parameters\] ",
        shown,
    )


def test_without_results_there_is_no_echo_of_them() -> None:
    assert evidence(ASK, HELLO, (), frozenset({"results"})) == ""
