"""What it would cost if a candidate took the work of its model's first choice over."""

from typing import Final

from mainstay.engine.cost import cost_of, dollars
from mainstay.gateway.doctor.findings import Check, check
from mainstay.gateway.doctor.load import HOUR_SECONDS, Load
from mainstay.model.catalogue import Candidate, Price
from mainstay.model.frame import Usage

NANODOLLARS_PER_MILLION: Final = 1_000
"""What a nanodollar each comes to in dollars for a million: one thousandth."""


def cost_check(candidate: Candidate, first: Candidate, load: Load | None) -> Check:
    """The price beside that of the first choice, and dollars an hour at the tokens of the last hour. What the first
    choice's provider had cached costs the full price elsewhere, at least in the beginning."""
    price = candidate.price
    if price is None:
        return check("cost", "unknown", f"no price is known: add {candidate.upstream.name}/{candidate.model} to prices")
    is_first = candidate.upstream.name == first.upstream.name and candidate.model == first.model
    listed = f"${_per_million(price.input)} in, ${_per_million(price.output)} out per million tokens"
    if is_first:
        now = _hourly(load.usage, price, load.seconds) if load else ""
        return check("cost", "ok", f"{listed}; {now} an hour at the last hour's tokens" if now else listed)
    if load is None:
        ratio = "" if first.price is None else f"; {_beside(price, first.price)}"
        return check("cost", "ok", f"{listed}{ratio}; no requests of the last hour to reckon with")
    cold = Usage(load.usage.input_tokens, load.usage.output_tokens)
    words = f"{_hourly(cold, price, load.seconds)} an hour at the last hour's tokens"
    before = cost_of(load.usage, first.price)
    after = cost_of(cold, price)
    if before and after is not None and first.price is not None:
        words += f", {after / before:.2g} times the first choice ({_hourly(load.usage, first.price, load.seconds)})"
    if load.usage.cached_tokens:
        words += f"; {load.usage.cached_tokens:,} cached input tokens at the full price, for its cache is cold"
    return check("cost", "ok", words)


def _hourly(usage: Usage, price: Price, seconds: float) -> str:
    return dollars(round((cost_of(usage, price) or 0) * HOUR_SECONDS / seconds))


def _per_million(nanodollars: int) -> str:
    return f"{nanodollars / NANODOLLARS_PER_MILLION:g}"


def _beside(price: Price, first: Price) -> str:
    if price == first:
        return "as the first choice"
    return f"the first choice ${_per_million(first.input)} in, ${_per_million(first.output)} out"
