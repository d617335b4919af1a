"""Names of members: Google reads each in camel case and in snake case, and its own SDK mixes them."""

import re

from mainstay.lab.provider.sample import Json

_FREE = frozenset(("args", "response", "parametersJsonSchema", "responseJsonSchema"))
"""What stands below these is the caller's own."""
_JOINT = re.compile(r"_([a-z])")


def in_camel_case(value: Json) -> Json:
    """The value with every member of the protocol named in camel case."""
    if isinstance(value, list):
        return [in_camel_case(item) for item in value]
    if not isinstance(value, dict):
        return value
    named = ((_JOINT.sub(lambda joint: joint[1].upper(), name), item) for name, item in value.items())
    return {name: item if name in _FREE else in_camel_case(item) for name, item in named}
