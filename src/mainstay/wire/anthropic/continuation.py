"""A request that asks a candidate to finish an answer, made from the caller's original one.

By prefill (a trailing assistant message that the model goes on from) where the candidate can, no tool is offered and
nobody thinks; otherwise by a user message that asks for the rest.
"""

import msgspec

from mainstay.model.call import Call
from mainstay.model.catalogue import Candidate
from mainstay.wire.continuation import let_assistant_say, remaining_output_tokens, request_for_the_rest
from mainstay.wire.json_bytes import (
    BAD_JSON,
    FIELDS,
    ITEMS,
    raw,
    read_fields,
    read_integer,
    read_text,
    replace_fields,
    replace_model,
)


def continuation_body(call: Call, candidate: Candidate, text: str) -> bytes | None:
    """The request, or `None` where it forbids to be continued."""
    if call.must_not_continue:
        return None
    if not text.strip():
        # Nothing to quote and nothing to go on from: the answer is begun anew.
        return replace_model(call.body, candidate.model)
    try:
        fields = FIELDS.decode(call.body)
        messages = ITEMS.decode(fields["messages"])
    except (*BAD_JSON, KeyError):
        return None
    thinking = _Thinking.of(fields.get("thinking"))
    prefill = candidate.capabilities.prefill and not call.has_tools and not thinking.on
    let_assistant_say(messages, text.rstrip() if prefill else text)
    if not prefill:
        messages.append(raw({"role": "user", "content": request_for_the_rest(text)}))
    changes: dict[str, msgspec.Raw | None] = {"model": raw(candidate.model), "messages": raw(messages)}
    allowed = read_integer(fields.get("max_tokens"))
    if allowed is not None:
        left = remaining_output_tokens(allowed, text, repeats_anchor=not prefill, floor=thinking.budget_tokens)
        changes["max_tokens"] = raw(left)
    return replace_fields(call.body, changes)


class _Thinking(msgspec.Struct, frozen=True):
    """What the request says about thinking. A budget must stay below `max_tokens`, or the request is invalid."""

    on: bool = False
    budget_tokens: int = 0

    @staticmethod
    def of(value: msgspec.Raw | None) -> "_Thinking":
        fields = read_fields(value) if value is not None else None
        if fields is None:
            return _Thinking()
        on = read_text(fields.get("type")) != "disabled"
        return _Thinking(on, max(0, read_integer(fields.get("budget_tokens")) or 0))
