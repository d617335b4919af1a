"""What an upstream may be sent in a minute, by all processes that share it (`Limits`): requests, input and output
tokens, estimated before and corrected after. It has no clock: instants are seconds since 1970.
"""

from math import inf
from typing import Final

from mainstay.engine.account import Account
from mainstay.engine.demand import Demand
from mainstay.engine.meters import SUBJECTS_MAX, Meters
from mainstay.engine.quantities import INPUT_TOKENS, OUTPUT_TOKENS, REQUESTS
from mainstay.engine.rate import seconds_until
from mainstay.engine.tab import counted_input
from mainstay.model.catalogue import Limits
from mainstay.model.frame import Usage

PREFIX: Final = "upstream:"


def binds(limits: Limits) -> bool:
    """Whether there is any rate to keep to."""
    return not (
        limits.requests_per_minute is None
        and limits.input_tokens_per_minute is None
        and limits.output_tokens_per_minute is None
    )


class UpstreamRates:
    """One per process; its state is that of the meters. To be asked only where `binds` says so."""

    def __init__(self, meters: Meters) -> None:
        """`meters` are those that bind tenants and tokens, too."""
        self._meters = meters
        self._peers = meters.peers
        self._accounts: dict[str, Account] = {}
        """By upstream, those that were asked for last; the meters may have forgotten one since, and then its page is
        closed."""

    def wait_seconds(self, upstream: str, limits: Limits, demand: Demand, wall: float, share: float = 1.0) -> float:
        """How long until such a request may be sent; 0 if it may be sent now. `share` (0 to 1) is the part of the
        limits that is open to it; of nothing, nothing ever fits (infinity)."""
        if share <= 0:
            return inf
        account = self._accounts.get(upstream)
        if account is None or not account.begins_at <= wall < account.ends_at:
            account = self._opened(upstream, wall)
        requests, input_tokens = limits.requests_per_minute, limits.input_tokens_per_minute
        output_tokens = limits.output_tokens_per_minute
        if (
            not self._peers.careful
            and share == 1.0
            and (requests is None or account.requests < requests)
            and (input_tokens is None or account.input_tokens + demand.input_tokens <= input_tokens)
            and (output_tokens is None or account.output_tokens + demand.output_tokens <= output_tokens)
        ):
            # Even if nothing of the minute before has slid out: the usual case.
            return 0.0
        wait = 0.0
        for quantity, limit, need in (
            (REQUESTS, requests, 1),
            (INPUT_TOKENS, input_tokens, demand.input_tokens),
            (OUTPUT_TOKENS, output_tokens, demand.output_tokens),
        ):
            if limit is not None:
                wait = max(wait, seconds_until(account, quantity, max(1, int(limit * share)), need, wall))
        return wait

    def count(self, upstream: str, demand: Demand, wall: float) -> None:
        """Such a request is sent, or promised to be."""
        account = self._accounts.get(upstream)
        if account is None or not account.begins_at <= wall < account.ends_at:
            account = self._opened(upstream, wall)
        account.requests += 1
        account.input_tokens += demand.input_tokens
        account.output_tokens += demand.output_tokens
        if not account.is_dirty:
            self._meters.mark(account)

    def release(self, upstream: str, demand: Demand, wall: float, counted_at: float) -> None:
        """What was counted at that instant is not sent after all."""
        meters, account = self._meters, self._opened(upstream, wall)
        meters.refund(account, REQUESTS, 1, counted_at)
        meters.refund(account, INPUT_TOKENS, demand.input_tokens, counted_at)
        meters.refund(account, OUTPUT_TOKENS, demand.output_tokens, counted_at)

    def correct(self, upstream: str, demand: Demand, usage: Usage, wall: float, counted_at: float) -> None:
        """Put the truth, known at `wall`, in place of the estimate that was counted at `counted_at`."""
        more_input = counted_input(usage) - demand.input_tokens
        more_output = usage.output_tokens - demand.output_tokens
        account = self._accounts.get(upstream)
        if account is not None and account.begins_at <= counted_at and wall < account.ends_at:
            # Both are of the open minute.
            account.input_tokens += more_input
            account.output_tokens += more_output
            if not account.is_dirty:
                self._meters.mark(account)
            return
        account = self._opened(upstream, wall)
        for quantity, more in ((INPUT_TOKENS, more_input), (OUTPUT_TOKENS, more_output)):
            if more > 0:
                self._meters.count(account, quantity, more, wall)
            elif more < 0:
                self._meters.refund(account, quantity, -more, counted_at)

    def _opened(self, upstream: str, wall: float) -> Account:
        """Its account, the page open at this instant."""
        account = self._meters.opened(PREFIX + upstream, wall)
        if len(self._accounts) >= SUBJECTS_MAX:
            self._accounts.clear()
        self._accounts[upstream] = account
        return account
