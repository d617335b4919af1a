"""What differs between generations of Gemini models, told by their names.

Source: the thinking and thought-signature guides of the Gemini API. A name that says no generation counts as new.
"""

import re

_OLD = re.compile(r"(?:^|/)gemini-(?:1|2)(?:\.|-|$)")
_OLD_PRO = re.compile(r"(?:^|/)gemini-2\.[0-9]+-pro")


def wants_signatures(model: str) -> bool:
    """Whether the model refuses function calls of the past that are not signed: from the third generation on."""
    return _OLD.search(model) is None


def thinks_in_levels(model: str) -> bool:
    """Whether reasoning is asked for by level; the second generation has budgets only."""
    return _OLD.search(model) is None


def always_thinks(model: str) -> bool:
    """Whether reasoning cannot be switched off by a budget of 0."""
    return _OLD.search(model) is None or _OLD_PRO.search(model) is not None


def takes_files_in_results(model: str) -> bool:
    """Whether a function's result may hold pictures and documents: from the third generation on."""
    return _OLD.search(model) is None
