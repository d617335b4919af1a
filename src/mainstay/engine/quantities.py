"""What is counted by the minute, under the names that news of it have."""

from typing import Final

REQUESTS: Final = "requests"
INPUT_TOKENS: Final = "input_tokens"
OUTPUT_TOKENS: Final = "output_tokens"

REFUNDS: Final = {
    REQUESTS: "requests_refunded",
    INPUT_TOKENS: "input_tokens_refunded",
    OUTPUT_TOKENS: "output_tokens_refunded",
}
"""What was counted and then turned out not to be used. Counted apart, for counters that only grow can be merged in any
order: what is used is the one less the other."""

BY_MINUTE: Final = frozenset(REFUNDS) | frozenset(REFUNDS.values())
