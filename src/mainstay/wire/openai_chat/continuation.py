"""A request that asks a candidate to finish an answer, made from the caller's original one.

By prefill where the candidate can and no tool is offered (vLLM and llama.cpp continue a trailing assistant message when
told to); otherwise by a user message that asks for the rest.
"""

import msgspec

from mainstay.model.call import Call
from mainstay.model.catalogue import Candidate, PrefillForm
from mainstay.wire.continuation import let_assistant_say, remaining_output_tokens, request_for_the_rest
from mainstay.wire.json_bytes import (
    BAD_JSON,
    FIELDS,
    ITEMS,
    raw,
    read_integer,
    replace_fields,
    replace_model,
)

_OUTPUT_LIMITS = ("max_tokens", "max_completion_tokens")


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
    prefill = candidate.capabilities.prefill and not call.has_tools
    let_assistant_say(messages, text.rstrip() if prefill else text)
    changes: dict[str, msgspec.Raw | None] = {"model": raw(candidate.model)}
    if prefill:
        changes |= _told_to_go_on(candidate.capabilities.prefill_form, messages)
    else:
        messages.append(raw({"role": "user", "content": request_for_the_rest(text)}))
    changes["messages"] = raw(messages)
    for name in _OUTPUT_LIMITS:
        allowed = read_integer(fields.get(name))
        if allowed is not None:
            changes[name] = raw(remaining_output_tokens(allowed, text, repeats_anchor=not prefill))
    return replace_fields(call.body, changes)


def _told_to_go_on(form: PrefillForm, messages: list[msgspec.Raw]) -> dict[str, msgspec.Raw | None]:
    """What must be said so that the server goes on from the last message; in the message itself, or beside it."""
    match form:
        case PrefillForm.FLAGS:
            return {"continue_final_message": raw(value=True), "add_generation_prompt": raw(value=False)}
        case PrefillForm.PREFIX:
            messages[-1] = msgspec.Raw(replace_fields(messages[-1], {"prefix": raw(value=True)}))
        case PrefillForm.PLAIN:
            pass
    return {}
