"""Prompts by chance: those that this protocol can tell exactly, and any at all."""

from hypothesis import strategies as st

from mainstay.model.conversation import (
    Document,
    Image,
    OutputFormat,
    Part,
    Prompt,
    Refusal,
    Role,
    Sampling,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolMode,
    ToolResult,
    Turn,
)

U, A, S = Role.USER, Role.ASSISTANT, Role.SYSTEM

words = st.text(min_size=1, max_size=20)
ids = st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True)
names = st.from_regex(r"[a-z_]{1,20}", fullmatch=True)
base64s = st.sampled_from(["AAAA", "JVBERi0="])
texts = words.map(Text)
images = st.one_of(
    st.builds(Image, st.just("image/png"), base64s, detail=st.sampled_from(["", "low"])),
    st.builds(Image, url=st.just("https://a.example/b.png")),
)
documents = st.builds(Document, data=base64s, name=words)
calls = st.builds(ToolCall, ids, names, st.sampled_from(["{}", '{"a":1}']))
results = st.builds(ToolResult, ids, st.lists(texts, min_size=1, max_size=2).map(tuple))


def turns_of(role: Role, *kinds: st.SearchStrategy[Part]) -> st.SearchStrategy[Turn]:
    """Turns whose parts come in the order of these kinds, as a message keeps them."""
    parts = st.tuples(*(st.lists(kind, max_size=3) for kind in kinds))
    return parts.map(lambda lists: Turn(role, tuple(part for some in lists for part in some))).filter(
        lambda turn: bool(turn.parts)
    )


refusals = st.builds(Refusal, words)
told = st.lists(
    st.one_of(
        turns_of(S, texts),
        turns_of(U, st.one_of(texts, images, documents)),
        turns_of(U, results),
        turns_of(A, texts, calls),
        st.builds(Turn, st.just(A), st.tuples(refusals)),
    ),
    max_size=6,
).map(tuple)
# Strict mode is asked for only where the schema is closed; any other wish for it is not told exactly.
CLOSED = b'{"type":"object","properties":{},"required":[],"additionalProperties":false}'
loose, closed = st.sampled_from([b"{}", b'{"type":"object"}', CLOSED]), st.just(CLOSED)
lenient, strict = st.none() | st.just(value=False), st.just(value=True)
tools = st.builds(Tool, names, words, loose, lenient) | st.builds(Tool, names, words, closed, strict)
formats = st.builds(OutputFormat, loose, names, lenient) | st.builds(OutputFormat, closed, names, strict)
floats = st.floats(min_value=-2, max_value=2)
prompts = st.builds(
    Prompt,
    dialect=st.just("openai-chat"),
    model=st.just("gpt-4o"),
    turns=told.filter(bool),
    tools=st.lists(tools, min_size=1, max_size=3).map(tuple),
    tool_choice=st.none()
    | st.builds(ToolChoice, st.sampled_from([ToolMode.AUTO, ToolMode.REQUIRED]), parallel=st.none() | st.booleans()),
    max_output_tokens=st.none() | st.integers(min_value=0, max_value=10**6),
    stop_sequences=st.lists(words, max_size=4).map(tuple),
    sampling=st.builds(
        Sampling,
        temperature=st.none() | floats,
        top_p=st.none() | floats,
        seed=st.none() | st.integers(min_value=0, max_value=2**62),
        frequency_penalty=st.none() | floats,
    ),
    output_format=st.none() | formats,
    end_user=st.text(max_size=64),
    service_tier=st.sampled_from(["", "auto", "standard", "priority", "flex"]),
)
anything = st.one_of(
    texts,
    images,
    documents,
    calls,
    st.builds(Refusal, words),
    st.builds(Thinking, words, words, words, st.booleans()),
    st.builds(
        ToolResult,
        st.text(),
        st.lists(st.one_of(texts, images, documents), max_size=3).map(tuple),
        st.booleans(),
    ),
)
wild = st.lists(st.builds(Turn, st.sampled_from(Role), st.lists(anything, max_size=4).map(tuple)), max_size=5)
