"""A request that asks a candidate to finish an answer, made from the caller's original one: what was said becomes the
assistant's message, and a user message asks for the rest. This protocol knows no prefill."""

import msgspec

from mainstay.model.call import Call
from mainstay.model.catalogue import Candidate
from mainstay.wire.continuation import remaining_output_tokens, request_for_the_rest
from mainstay.wire.json_bytes import BAD_JSON, FIELDS, raw, read_integer, replace_fields
from mainstay.wire.openai_responses.request import input_of, request_body, without_envelopes


def continuation_body(call: Call, candidate: Candidate, text: str) -> bytes | None:
    """The request, or `None` where it forbids to be continued."""
    if call.must_not_continue:
        return None
    if not text.strip():
        # Nothing to quote and nothing to go on from: the answer is begun anew.
        return request_body(call.body, candidate.model)
    body = without_envelopes(call.body)
    try:
        fields = FIELDS.decode(body)
        items = input_of(fields)
    except BAD_JSON:
        return None
    items.append(
        raw({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}),
    )
    items.append(raw({"type": "message", "role": "user", "content": request_for_the_rest(text)}))
    changes: dict[str, msgspec.Raw | None] = {"model": raw(candidate.model), "input": raw(items)}
    allowed = read_integer(fields.get("max_output_tokens"))
    if allowed is not None:
        changes["max_output_tokens"] = raw(remaining_output_tokens(allowed, text, repeats_anchor=True))
    return replace_fields(body, changes)
