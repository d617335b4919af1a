"""The desk that takes reports of people: bounded, each person once in a window, and never with a name.

A report is a record; what many of them mean is judged from the records, wherever they were written.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final, Literal

import msgspec

from mainstay.control.trouble.persons import Persons, network_of
from mainstay.model.components import component_of
from mainstay.model.records import Record, TroubleRecord
from mainstay.model.settings import DetectionSettings

TEXT_CHARACTERS_MAX: Final = 500
COMPONENT_CHARACTERS_MAX: Final = 300
ADDRESS_PER_MINUTE: Final = 5
"""Reports of one address that are written down; more are counted only."""
ALL_PER_MINUTE: Final = 600
MINUTE_SECONDS: Final = 60.0
ADDRESSES_MAX: Final = 10_000
PERSONS_MAX: Final = 20_000
EVERYBODY: Final = ""

Via = Literal["page", "api", "command-line"]


class Reporter(msgspec.Struct, frozen=True):
    """Who reports: an account, a session or a user of the machine, and where from, as far as each is known."""

    address: str = ""
    account: str = ""
    session: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """What became of a report. `words` are for whoever made it.

    `counted`: as a report of its own; `again`: this person has reported it before; `ignored`: too many come from
    there; `refused`: it cannot be taken, and why.
    """

    state: Literal["counted", "again", "ignored", "refused"]
    words: str

    @property
    def is_taken(self) -> bool:
        """Whether there is nothing to correct or try again."""
        return self.state != "refused"


THANKS: Final = "Thank you. Your report counts."
AGAIN: Final = "Thank you. You have reported this before; it counts once."
IGNORED: Final = "Thank you. Many reports come from your network now; they are counted together."


class _Minute(msgspec.Struct):
    began_at: float
    written: int = 0
    more: int = 0


class TroubleDesk:
    """May be used from any thread. Raises nothing."""

    def __init__(
        self,
        persons: Persons,
        settings: Callable[[], DetectionSettings],
        write: Callable[[Record], None],
        wall: Callable[[], float],
        next_id: Callable[[], str],
    ) -> None:
        """`write` takes records for the journal, one at a time; `wall` gives seconds since 1970."""
        self._persons = persons
        self._settings = settings
        self._write = write
        self._wall = wall
        self._next_id = next_id
        self._lock = Lock()
        self._minutes: OrderedDict[str, _Minute] = OrderedDict()
        self._seen: OrderedDict[tuple[str, str], float] = OrderedDict()

    def report(self, reporter: Reporter, via: Via, component: str, text: str) -> Outcome:
        """Take a report. `component` may be empty, or a component's name."""
        component = component.strip()
        if component and (len(component) > COMPONENT_CHARACTERS_MAX or component_of(component) is None):
            return Outcome("refused", "no component has this name; leave it out, or choose one of the list")
        network = network_of(reporter.address)
        try:
            person = self._person(reporter, network)
        except OSError as error:
            return Outcome("refused", f"reports cannot be taken now ({error.strerror or error})")
        with self._lock:
            return self._take(person, network, via, component, plain_text(text))

    def settle(self, *, is_end: bool = False) -> None:
        """Write down how many reports were only counted in minutes that are over; to be called every few seconds."""
        with self._lock:
            wall = self._wall()
            for network, minute in tuple(self._minutes.items()):
                if is_end or not 0 <= wall - minute.began_at < MINUTE_SECONDS:
                    self._finish(network, minute)

    def _person(self, reporter: Reporter, network: str) -> str:
        if reporter.account:
            return self._persons.hashed("account", reporter.account)
        # Whoever has no account can have as many sessions as he likes: his address it is.
        if network:
            return self._persons.hashed("address", network)
        return self._persons.hashed("session", reporter.session)

    def _take(self, person: str, network: str, via: Via, component: str, text: str) -> Outcome:
        wall = self._wall()
        places = (EVERYBODY, network) if network else (EVERYBODY,)
        minutes = [self._minute(place, wall) for place in places]
        for minute, most in zip(minutes, (ALL_PER_MINUTE, ADDRESS_PER_MINUTE), strict=False):
            if minute.written >= most:
                minutes[-1].more += 1
                return Outcome("ignored", IGNORED)
        for minute in minutes:
            minute.written += 1
        last = self._seen.get((person, component))
        is_again = last is not None and 0 <= wall - last < self._settings().report_window_seconds
        if not is_again:
            self._seen[person, component] = wall
            self._seen.move_to_end((person, component))
            if len(self._seen) > PERSONS_MAX:
                self._seen.popitem(last=False)
        self._write(TroubleRecord(self._next_id(), wall, person, via, component, text, counted=not is_again))
        return Outcome("again", AGAIN) if is_again else Outcome("counted", THANKS)

    def _minute(self, network: str, wall: float) -> _Minute:
        minute = self._minutes.get(network)
        if minute is not None and not 0 <= wall - minute.began_at < MINUTE_SECONDS:
            self._finish(network, minute)
            minute = None
        if minute is None:
            minute = self._minutes[network] = _Minute(wall)
            if len(self._minutes) > ADDRESSES_MAX:
                # The first is everybody's; it stays.
                oldest = next(one for one in self._minutes if one != EVERYBODY)
                self._finish(oldest, self._minutes[oldest])
        return minute

    def _finish(self, network: str, minute: _Minute) -> None:
        del self._minutes[network]
        if minute.more:
            text = f"{minute.more} more reports within a minute from one network"
            try:
                person = self._persons.hashed("address", network)
            except OSError:
                person = ""
            self._write(TroubleRecord(self._next_id(), self._wall(), person, "page", "", text, counted=False))


def plain_text(text: str) -> str:
    """What somebody wrote, on one line, without what cannot be seen."""
    line = " ".join(text[: TEXT_CHARACTERS_MAX * 2].split())
    return "".join(character for character in line if character.isprintable())[:TEXT_CHARACTERS_MAX]
