"""What tokens cost, and what an attempt may cost at most. Money is counted in nanodollars, whole ones."""

from collections.abc import Iterable
from typing import Final

from mainstay.model.call import Call, CallKind
from mainstay.model.catalogue import Candidate, Price
from mainstay.model.frame import Usage

ANSWER: Final = CallKind.ANSWER
"""A name of its own, because looking it up in the enumeration takes ten times as long."""
OUTPUT_TOKENS_DEFAULT: Final = 4_096
"""Taken for an answer that neither the caller nor what is known of the model bounds."""
INPUT_TOKENS_MAX: Final = 1_000_000
"""No window is known to be larger; a request of many megabytes holds pictures, which are fewer tokens than letters."""
NANODOLLARS_PER_DOLLAR: Final = 1_000_000_000


def cost_of(usage: Usage, price: Price | None) -> int | None:
    """What the provider will ask for these tokens, in nanodollars; `None` where no price is known.

    `Usage.input_tokens` counts all input. What a cache gave or took has a price of its own.
    """
    if price is None:
        return None
    fresh, cost = usage.input_tokens, usage.output_tokens * price.output
    if usage.cached_tokens or usage.cache_write_tokens:
        fresh = max(0, fresh - usage.cached_tokens - usage.cache_write_tokens)
        cost += usage.cached_tokens * price.cached_input + usage.cache_write_tokens * price.cache_write
    return cost + fresh * price.input


def total_cost(costs: Iterable[int | None]) -> int | None:
    """All known costs together; `None` where none is known."""
    known = [one for one in costs if one is not None]
    return sum(known) if known else None


def input_estimate(candidate: Candidate, call: Call) -> int:
    """Tokens of the request, by the length of its body; never more than the model's window holds."""
    return min(call.estimated_input_tokens, candidate.capabilities.context_tokens or INPUT_TOKENS_MAX)


def cost_estimate(candidate: Candidate, call: Call) -> int | None:
    """What an attempt may cost: the whole request uncached, and the longest answer that it allows. In nanodollars;
    `None` where no price is known. Only answers cost anything."""
    price = candidate.price
    if price is None:
        return None
    if call.kind is not ANSWER:
        return 0
    able, output = candidate.capabilities.output_tokens, call.max_output_tokens
    if output is None:
        output = able or OUTPUT_TOKENS_DEFAULT
    elif able and able < output:
        output = able
    return input_estimate(candidate, call) * max(price.input, price.cache_write) + output * price.output


def dollars(nanodollars: int) -> str:
    """An amount as people write it, such as `$12.50`; small ones with as many digits as they need."""
    amount = nanodollars / NANODOLLARS_PER_DOLLAR
    return f"${amount:.2f}" if abs(amount) >= 1 or amount == 0 else f"${amount:.4g}"
