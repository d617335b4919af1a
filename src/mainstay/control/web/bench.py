"""What every page of operations works with: desks, answers, and how a store is asked that may not answer."""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec
from starlette.responses import Response

from mainstay.control.operations.desks import Desks
from mainstay.control.people.roles import Origin, Person, Role
from mainstay.control.web.answers import Answers, Problem
from mainstay.control.web.asking import Asker, Unanswered
from mainstay.control.web.visit import Visit

MESSAGE_CHARACTERS_MAX: Final = 300

T = TypeVar("T")


class Bench(msgspec.Struct, frozen=True):
    """`wall` gives seconds since 1970."""

    desks: Desks
    answers: Answers
    asker: Asker
    wall: Callable[[], float]

    def page(self, name: str, visit: Visit, values: Mapping[str, object], status: int = 200) -> Response:
        """A page; every one may ask for the time and whether its reader may act."""
        common = {"now": self.wall(), "may_act": may_act(visit)}
        return self.answers.page(name, visit, {**common, **values}, status)

    def no(self, path: str, visit: Visit, problem: Problem) -> Response:
        """A refusal, as a page or as JSON."""
        return self.answers.problem(path, problem, visit)


def person_of(visit: Visit) -> Person:
    """Who acts. The guard lets nobody else through."""
    if visit.person is None:
        raise TypeError("a page for people was given to nobody")
    return visit.person


def may_act(visit: Visit) -> bool:
    """Whether buttons are shown."""
    return visit.person is not None and visit.person.role >= Role.OPERATOR


def via_of(visit: Visit) -> str:
    """How an order is given: by a program with a key, or on a page."""
    return "api" if person_of(visit).origin is Origin.KEY else "console"


def store_down(found: Unanswered) -> Problem:
    """What to say where there is nothing to show without the store."""
    advice = f"{sentence(found.words)} The gateway is not touched by it. Try again."
    return Problem(503, "store_down", "This cannot be answered now", advice, {"retry-after": "5"})


def unknown(what: str, where: str) -> Problem:
    """A thing that does not exist."""
    return Problem(404, "not_found", sentence(f"there is no {what}").rstrip("."), where)


def refused(reason: str, advice: str = "") -> Problem:
    """Something that cannot be done as things are."""
    return Problem(409, "refused", sentence(reason).rstrip("."), sentence(advice))


def bad_request(reason: str, advice: str) -> Problem:
    """Something that cannot be read."""
    return Problem(400, "bad_request", sentence(reason).rstrip("."), advice)


def sentence(words: str) -> str:
    """With a capital letter and a full stop; empty stays empty."""
    text = words.strip()
    return "" if not text else f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"


def read_json(body: bytes, kind: type[T]) -> T | str:
    """What a program sent, or what is wrong with it."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return f"this is not what can be sent here: {str(error)[:MESSAGE_CHARACTERS_MAX]}"
