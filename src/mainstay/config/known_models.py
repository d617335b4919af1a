"""What is known of well-known models by their names, after their makers' public pages. What the file says wins.

A name may have a region or maker before it and a version behind it, as clouds spell it. What no row knows is unknown.
"""

import re
from functools import lru_cache

from mainstay.model.catalogue import ABLE, Capabilities

_REMEMBERED_NAMES = 1_024
_CLAUDE = r"(?:^|[./])claude-"
_ROWS: tuple[tuple[re.Pattern[str], Capabilities], ...] = tuple(
    (re.compile(pattern), known)
    for pattern, known in (
        # Claude 3 to 4.5 goes on from a prefill, later ones do not; from 4.7 on the caller may not set chance.
        (
            _CLAUDE + r"(?:3|(?:opus|sonnet|haiku)-4(?:-[0-5])?(?:$|[@:]|-v\d|-\d{6}|-latest))",
            Capabilities(prefill=True, context_tokens=200_000, images=True, documents=True, tools=True),
        ),
        (
            _CLAUDE + r"(?:opus|sonnet|haiku)-4-6",
            Capabilities(context_tokens=200_000, images=True, documents=True, tools=True),
        ),
        (
            _CLAUDE + r"(?:opus|sonnet|haiku|fable|mythos)-(?:4-[7-9]|[5-9])",
            Capabilities(context_tokens=200_000, images=True, documents=True, tools=True, sampling=False),
        ),
        (r"^gpt-3\.5", Capabilities(context_tokens=16_385, images=False, documents=False)),
        (r"^gpt-4(?:-\d{4})?$", Capabilities(context_tokens=8_192, images=False, documents=False)),
        (r"^(?:gpt-4o|chatgpt-4o)", Capabilities(context_tokens=128_000, images=True, tools=True)),
        (r"^gpt-4\.1", Capabilities(context_tokens=1_047_576, images=True, tools=True)),
        (r"^o[13]-mini", Capabilities(images=False, sampling=False)),
        (r"^(?:gpt-5|o[134](?:$|-))", Capabilities(images=True, tools=True, sampling=False)),
        (r"(?:^|/)gemini-", Capabilities(images=True, documents=True, tools=True, image_urls=False)),
    )
)


@lru_cache(maxsize=_REMEMBERED_NAMES)
def known_capabilities(model: str) -> Capabilities:
    """What is known of this model; `ABLE` (nothing) where its name says nothing."""
    name = model.lower()
    return next((known for pattern, known in _ROWS if pattern.search(name)), ABLE)
