"""How a candidate is asked to go on after text that another attempt left unfinished."""

import msgspec

from mainstay.wire.json_bytes import BAD_JSON, ITEMS, raw, read_fields, read_text

ANCHOR_CHARACTERS = 100
"""How much of the text's end is quoted: enough to be unique, little enough to be repeated exactly."""

CHARACTERS_PER_TOKEN = 4
OUTPUT_TOKENS_MIN = 64

_WORD_CHARACTERS_MAX = 40


def estimated_tokens(characters: int) -> int:
    """About how many tokens this many characters are; at least one if there are any."""
    return max(1, characters // CHARACTERS_PER_TOKEN) if characters else 0


def anchor(text: str) -> str:
    """The end of the text, to be quoted and repeated: at most `ANCHOR_CHARACTERS`, from the start of a word on."""
    if len(text) <= ANCHOR_CHARACTERS:
        return text.lstrip()
    start = len(text) - ANCHOR_CHARACTERS
    end = text[start:]
    if text[start - 1].isspace():
        return end.lstrip()
    # A language without spaces has no word start to wait for; then the cut stays where it fell.
    gap = next((at for at, character in enumerate(end[:_WORD_CHARACTERS_MAX]) if character.isspace()), None)
    return end if gap is None else end[gap:].lstrip() or end


def request_for_the_rest(text: str) -> str:
    """What the user says next, so that the model repeats the anchor and goes on: the seam can then be checked."""
    quoted = msgspec.json.encode(anchor(text)).decode()
    return (
        "Your previous answer was cut off by a transmission fault. It ended with exactly these characters, "
        f"given as a JSON string: {quoted}\n"
        "Begin by repeating exactly these characters (not the quotation marks), then go on from there to the end of "
        "your answer as if nothing had happened. Do not write any other words before, between or after, do not "
        "apologise and do not start again. Keep every space and line break as it would have been."
    )


def let_assistant_say(messages: list[msgspec.Raw], text: str) -> None:
    """Let the assistant have said the text, in messages with a role and a content; a beginning of the answer that the
    caller wrote is lengthened, since no two messages of the assistant should follow each other."""
    last = read_fields(messages[-1]) if messages else None
    if last is None or read_text(last.get("role")) != "assistant":
        messages.append(raw({"role": "assistant", "content": text}))
        return
    last["content"] = _lengthened(last.get("content"), text)
    messages[-1] = raw(last)


def remaining_output_tokens(allowed: int, text: str, *, repeats_anchor: bool, floor: int = 0) -> int:
    """The caller's output limit less what it has been given, never above the caller's own limit.

    `floor` is what the request needs at least, besides `OUTPUT_TOKENS_MIN`, to be valid and of use.
    """
    repeated = estimated_tokens(len(anchor(text))) if repeats_anchor else 0
    left = allowed - estimated_tokens(len(text)) + repeated
    return min(allowed, max(left, floor + OUTPUT_TOKENS_MIN))


def _lengthened(content: msgspec.Raw | None, text: str) -> msgspec.Raw:
    """A string, or a list of parts: the text goes on in the last of them where that is text."""
    if content is None:
        return raw(text)
    try:
        parts = ITEMS.decode(content)
    except BAD_JSON:
        return raw(read_text(content) + text)
    last = read_fields(parts[-1]) if parts else None
    if last is not None and read_text(last.get("type")) == "text":
        last["text"] = raw(read_text(last.get("text")) + text)
        parts[-1] = raw(last)
    else:
        parts.append(raw({"type": "text", "text": text}))
    return raw(parts)
