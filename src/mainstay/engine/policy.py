"""Bounds of the engine (law 12) and the constants of its clocks. Each is a number that somebody may ask about."""

KEEP_ALIVE_SECONDS = 15.0
"""Silence towards a streaming caller after which a keep-alive is sent. Middle boxes cut at 60 s and more."""
RESERVE_SHARE = 0.3
"""Share of the whole deadline that is kept for the last candidate that was not tried yet (law 4)."""
HOLD_BYTES_MAX = 4 * 1024 * 1024
"""Bytes of one tool call or preamble held back; beyond it they are passed on live."""
BUFFER_BYTES_MAX = 32 * 1024 * 1024
"""Bytes of an answer that is held whole: a plain answer, or `recovery: buffer`."""
ERROR_BYTES_MAX = 1024 * 1024
"""Bytes read of an error response."""
TEXT_CHARACTERS_MAX = 1024 * 1024
"""Delivered text kept for a continuation; a longer answer is not continued."""
RECOVERIES_MAX = 4
"""Continuations of one stream."""
LINGER_SECONDS = 1.0
"""How long a finished stream waits for the end of its HTTP body, so that the connection can be used again."""
GATE_SECONDS_DEFAULT = 5.0
"""Gate for throttling without a usable Retry-After."""
ACCOUNT_GATE_SECONDS = 60.0
"""Lenient gate on a credential that was refused or has run out of money, until somebody acts."""
WAIT_SECONDS_MAX = 3600.0
"""A provider that asks for more is not believed (law 12)."""
