"""Why an order is not given."""

import msgspec


class Refusal(msgspec.Struct, frozen=True):
    """In one plain line that says what to do. `force_helps`: whoever insists may have it. `existing` is the id of an
    order in force that asks the same already."""

    text: str
    force_helps: bool = False
    existing: str = ""
