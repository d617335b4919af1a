"""Meters: what every subject has used, as far as this node knows, and the news of it to and from other nodes.

Every node counts what it uses itself; the total is the sum over all nodes. Requests, tokens and money spent are
counters that only grow; what of requests and tokens was not used after all is refunded by others that only grow.
Reservations are two such counters, reserved and released, of one life (`boot`) of one node, so that a restart leaves
none behind. Instants are seconds since 1970.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from mainstay.engine.account import Account, Held
from mainstay.engine.peers import Peers
from mainstay.engine.quantities import BY_MINUTE, REFUNDS
from mainstay.engine.windows import MINUTE, SECONDS_PER_MINUTE, Span, name_of, number_at, window_named
from mainstay.model.news import MeterNews

SUBJECTS_MAX: Final = 100_000
NODES_MAX: Final = 1_000
NODE_KEPT_SECONDS: Final = 3_600.0
"""A node of which nothing was heard for so long gives way to a new one when there are too many."""
EVERYTHING_MAX: Final = 5_000
"""About so many news are in one full account; the next one goes on where it ended."""
CHANGES_MAX: Final = 500_000
"""Changes that wait to be told or written down. Beyond it they are forgotten: full accounts repair what others know."""
NAME_CHARACTERS_MAX: Final = 300
USED_MAX: Final = 2**62
WINDOWS_OFF_MAX: Final = {Span.MINUTE: 2, Span.DAY: 1, Span.MONTH: 1}
"""How far from ours another node's window may lie; what lies farther away is not believed."""

NANODOLLARS: Final = "nanodollars"
RESERVED: Final = "reserved"
RELEASED: Final = "released"
PRESENCE: Final = "presence"
HERE: Final = 1
GONE: Final = 2
GIVEN_BACK: Final = frozenset((RELEASED, *REFUNDS.values()))


class _Name(NamedTuple):
    """Which counter."""

    subject: str
    quantity: str
    window: str
    node: str


class Meters:
    """Mutable; one per process."""

    def __init__(self, node: str, boot: int, *, everything_max: int = EVERYTHING_MAX) -> None:
        """`node` names this process; `boot` is larger in each of its lives, such as milliseconds since 1970."""
        self.peers = Peers(node)
        self.ignored = 0
        """News that was not believed."""
        self._node = node
        self._boot = boot
        self._life = f"b{boot}"
        self._everything_max = everything_max
        self._accounts: dict[str, Account] = {}
        self._nodes: dict[str, float] = {}
        self._news: dict[_Name, None] = {}
        self._unsaved: dict[_Name, None] = {}
        self._dirty: dict[str, Account] = {}
        """Accounts with changes that are not in the news yet: to note each change at once costs more than to count."""
        self._leaving = False
        self._told = 0
        """Accounts told so far in full accounts; where the next one begins."""
        self._wall = 0.0

    def account(self, subject: str, wall: float) -> Account:
        """The account of `tenant:NAME`, `token:ID` or `upstream:NAME`. When there are too many, the one unused
        for longest goes."""
        self._wall = wall
        minute = int(wall // 60)
        account = self._accounts.get(subject)
        if account is None:
            if len(self._accounts) >= SUBJECTS_MAX:
                self._forget(next(iter(self._accounts)))
            account = self._accounts[subject] = Account(self._node, self.peers, subject)
        elif account.touched != minute:
            # The order of the accounts is that of their last use, to the minute.
            self._accounts[subject] = self._accounts.pop(subject)
        account.touched = minute
        return account

    def opened(self, subject: str, wall: float) -> Account:
        """The same, its page open at this instant."""
        account = self.account(subject, wall)
        if not account.begins_at <= wall < account.ends_at:
            account.open(wall)
            self._collect(account)
        return account

    def mark(self, account: Account) -> None:
        """Something is being counted on its page. To be called unless the account `is_dirty` already."""
        account.is_dirty = True
        self._dirty[account.subject] = account

    def count(self, account: Account, quantity: str, amount: int, wall: float) -> None:
        """Count so many requests or tokens (`engine.quantities`) as used at this instant."""
        account.count(quantity, amount, wall)
        if not account.is_dirty:
            self.mark(account)

    def refund(self, account: Account, quantity: str, amount: int, counted_at: float) -> None:
        """Of what was counted at that instant so many were not used. What is long past is not worth a correction."""
        if counted_at // SECONDS_PER_MINUTE >= self._wall // SECONDS_PER_MINUTE - 1:
            self.count(account, quantity, -amount, counted_at)

    def spend(self, account: Account, amount: int, wall: float) -> None:
        """Count an amount as spent at this instant."""
        account.spend(amount, wall)
        if not account.is_dirty:
            self.mark(account)

    def reserve(self, account: Account, amount: int) -> None:
        """Hold an amount."""
        account.reserved += amount
        if not account.is_dirty:
            self.mark(account)

    def release(self, account: Account, amount: int) -> None:
        """Hold it no longer."""
        account.released += amount
        if not account.is_dirty:
            self.mark(account)

    def take_news(self) -> list[MeterNews]:
        """What changed here since the last time, each counter once. What was spent comes before what was released or
        refunded, so that nobody takes for free what is only settled."""
        self._collect_all()
        names, self._news = self._news, {}
        news = [self._account_of(name) for name in sorted(names, key=_order)]
        if self._leaving:
            news.append(MeterNews("", PRESENCE, self._life, self._node, GONE))
        return news

    def everything(self) -> list[MeterNews]:
        """All counters of ours that still matter, and those of nodes that cannot tell them themselves; of many, as
        many as one account may hold, and the following ones the next time."""
        presence = MeterNews("", PRESENCE, self._life, self._node, HERE)
        subjects = list(self._accounts)
        start = self._told % len(subjects) if subjects else 0
        told: list[MeterNews] = []
        for subject in (*subjects[start:], *subjects[:start]):
            if len(told) >= self._everything_max:
                break
            told += islice(self._rows_of(subject), self._everything_max)
            self._told += 1
        return [presence, *told]

    def leave(self) -> None:
        """This process stops: the next news say so, and nobody needs to keep a share for it."""
        self._leaving = True

    def take_unsaved(self, count: int) -> list[MeterNews]:
        """Counters, of whichever node, that changed since they were taken last, the first `count` of them; for the
        disk. Reservations are not kept."""
        self._collect_all()
        names = list(islice(self._unsaved, count))
        for name in names:
            del self._unsaved[name]
        return [self._account_of(name) for name in names]

    def merge(self, news: Iterable[MeterNews], wall: float) -> None:
        """Take over what others know, also of ourselves: what we told before we lost it is still true."""
        self._wall = wall
        for one in news:
            if not self._merge(one, wall):
                self.ignored += 1

    def _merge(self, one: MeterNews, wall: float) -> bool:
        """Whether it could be believed."""
        if not (0 <= one.used <= USED_MAX and 0 < len(one.node) <= NAME_CHARACTERS_MAX):
            return False
        if len(one.subject) > NAME_CHARACTERS_MAX or not self._has_place_for(one.node, wall):
            return False
        if one.quantity == NANODOLLARS or one.quantity in BY_MINUTE:
            return self._merge_used(one, wall)
        if one.node == self._node or not one.window.startswith("b") or not one.window[1:].isdecimal():
            return one.node == self._node
        boot = int(one.window[1:20])
        if one.quantity == PRESENCE:
            if one.used == GONE:
                self.peers.part(one.node, boot)
            else:
                self.peers.lives(one.node, boot)
            return True
        return self._merge_held(one, boot, wall)

    def _merge_used(self, one: MeterNews, wall: float) -> bool:
        found = window_named(one.window)
        if found is None or (one.quantity in BY_MINUTE) != (found[0] is MINUTE):
            return False
        span, window = found
        if abs(window - number_at(span, wall)) > WINDOWS_OFF_MAX[span] or not one.subject:
            return False
        if self.account(one.subject, wall).learn(one.quantity, span, window, one.node, one.used):
            name = _Name(one.subject, one.quantity, one.window, one.node)
            if one.node == self._node:
                self._changed(name)
            else:
                _note(self._unsaved, name)
        return True

    def _merge_held(self, one: MeterNews, boot: int, wall: float) -> bool:
        if one.quantity not in {RESERVED, RELEASED} or not one.subject:
            return False
        held = self.account(one.subject, wall).held
        known = held.get(one.node)
        if known is None or known.boot < boot:
            known = Held(boot)
        if known.boot == boot:
            reserved, released = known.reserved, known.released
            if one.quantity == RESERVED:
                reserved = max(reserved, one.used)
            else:
                released = max(released, one.used)
            held[one.node] = Held(boot, reserved, released)
        return True

    def _has_place_for(self, node: str, wall: float) -> bool:
        """Whether this node's news is taken; the number of nodes is bounded."""
        if node not in self._nodes and len(self._nodes) >= NODES_MAX:
            quietest = min(self._nodes, key=self._nodes.__getitem__)
            if wall - self._nodes[quietest] < NODE_KEPT_SECONDS:
                return False
            del self._nodes[quietest]
        self._nodes[node] = wall
        return True

    def _account_of(self, name: _Name) -> MeterNews:
        account = self._accounts.get(name.subject)
        used = 0
        if account is None:
            pass
        elif name.quantity == RESERVED:
            used = account.reserved
        elif name.quantity == RELEASED:
            used = account.released
        elif (found := window_named(name.window)) is not None:
            used = account.counters(name.quantity, found[0]).of(found[1], name.node)
        return MeterNews(*name, used)

    def _rows_of(self, subject: str) -> Iterator[MeterNews]:
        account, wall = self._accounts[subject], self._wall
        counted = [(MINUTE, quantity) for quantity in sorted(account.counted, key=GIVEN_BACK.__contains__)]
        for span, quantity in ((Span.DAY, NANODOLLARS), (Span.MONTH, NANODOLLARS), *counted):
            now = number_at(span, wall)
            for window, node, used in account.counters(quantity, span).rows():
                if node not in self.peers.alive and abs(window - now) <= (span is MINUTE):
                    yield MeterNews(subject, quantity, name_of(span, window), node, used)
        if account.reserved:
            yield MeterNews(subject, RESERVED, self._life, self._node, account.reserved)
            yield MeterNews(subject, RELEASED, self._life, self._node, account.released)

    def _collect_all(self) -> None:
        dirty, self._dirty = self._dirty, {}
        for account in dirty.values():
            self._collect(account)
            account.is_dirty = False

    def _collect(self, account: Account) -> None:
        """Note what has changed there since the last time. What is held is told before what was spent."""
        subject, (reserved, released) = account.subject, account.told_held
        if account.reserved != reserved:
            _note(self._news, _Name(subject, RESERVED, self._life, self._node))
        for quantity, span, window in account.take_changes():
            self._changed(_Name(subject, quantity or NANODOLLARS, name_of(span, window), self._node))
        if account.released != released:
            _note(self._news, _Name(subject, RELEASED, self._life, self._node))
        account.told_held = (account.reserved, account.released)

    def _forget(self, subject: str) -> None:
        account = self._accounts.pop(subject)
        account.close()
        self._collect(account)
        self._dirty.pop(subject, None)
        # Whoever still counts there tells nobody.
        account.is_dirty = True

    def _changed(self, name: _Name) -> None:
        _note(self._news, name)
        _note(self._unsaved, name)


def _note(names: dict[_Name, None], name: _Name) -> None:
    if len(names) >= CHANGES_MAX:
        names.clear()
    names[name] = None


def _order(name: _Name) -> bool:
    return name.quantity in GIVEN_BACK
