"""What is tried: clients, cases and roads, and what each road does to whoever takes it. Data only."""

from collections.abc import Mapping

import msgspec

ANTHROPIC, CHAT, RESPONSES = "anthropic", "openai-chat", "openai-responses"


class Client(msgspec.Struct, frozen=True):
    """A program that people use, and the dialect it speaks. `is_agent`: it talks on its own account, with tools that
    it brings and runs itself."""

    name: str
    dialect: str
    is_agent: bool = False


CLIENTS = (
    Client("anthropic-python", ANTHROPIC),
    Client("openai-python-chat", CHAT),
    Client("openai-python-responses", RESPONSES),
    Client("anthropic-node", ANTHROPIC),
    Client("openai-node-chat", CHAT),
    Client("openai-node-responses", RESPONSES),
    Client("litellm-anthropic", ANTHROPIC),
    Client("litellm-openai", CHAT),
    Client("langchain-anthropic", ANTHROPIC),
    Client("langchain-openai", CHAT),
    Client("claude-code", ANTHROPIC, is_agent=True),
    Client("codex", RESPONSES, is_agent=True),
)
PLAIN, STREAM, TOOL = "plain", "stream", "tool"
CASES = (PLAIN, STREAM, TOOL)


class Road(msgspec.Struct, frozen=True):
    """Who is asked first and what befalls it (`place`), and who stands by.

    `primary` and `standby` are kinds of upstream for each dialect of a caller; a dialect that is not named is served
    in itself. `reaches_primary`: the first choice is asked, and is seen to fail. `is_midway`: it answers the first
    request, and fails from the second on.
    """

    place: str
    primary: Mapping[str, str] = {}
    standby: Mapping[str, str] = {}
    reaches_primary: bool = True
    is_midway: bool = False


WELL, STANDBY, IDENTITY = "well", "standby", "identity"
VERTEX_CLAUDE, VERTEX_GEMINI = "vertex-claude", "vertex-gemini"
FAULTS: Mapping[str, str] = {
    WELL: "ok",
    "cut": "cut:after=60",
    "tool-cut": "cut:phase=tool",
    "overloaded": "overloaded",
    "refusing": "auth",
    IDENTITY: "unavailable",
    STANDBY: "ok",
}
"""The places, and what befalls every request to each. `identity` is where one provider's tokens come from."""
_ELSEWHERE = {ANTHROPIC: CHAT, CHAT: ANTHROPIC, RESPONSES: ANTHROPIC}
ROADS: Mapping[str, Road] = {
    "healthy": Road(WELL),
    "cut": Road("cut"),
    "cut in tool": Road("tool-cut"),
    "529": Road("overloaded"),
    "login 401": Road("refusing"),
    "login gone": Road(
        WELL,
        primary={ANTHROPIC: VERTEX_CLAUDE, CHAT: VERTEX_GEMINI, RESPONSES: VERTEX_GEMINI},
        reaches_primary=False,
    ),
    "529, other dialect": Road("overloaded", standby=_ELSEWHERE),
    "529 midway": Road(WELL, is_midway=True),
    "529 midway, other dialect": Road(WELL, standby=_ELSEWHERE, is_midway=True),
    "cut, bedrock": Road("cut", standby=dict.fromkeys((ANTHROPIC, CHAT, RESPONSES), "bedrock")),
}


class Cell(msgspec.Struct, frozen=True):
    """One thing that is tried."""

    client: Client
    case: str
    road_name: str

    @property
    def road(self) -> Road:
        """What befalls it."""
        return ROADS[self.road_name]

    @property
    def model(self) -> str:
        """The model that this cell alone asks for, so that no cell finds a breaker that another one has opened."""
        family = "claude" if self.client.dialect == ANTHROPIC else "gpt"
        road = self.road_name.replace(", ", "-").replace(" ", "-")
        return f"{family}-{self.client.name}-{self.case}-{road}"

    @property
    def primary(self) -> str:
        """The kind of upstream that is asked first."""
        return self.road.primary.get(self.client.dialect, self.client.dialect)

    @property
    def standby(self) -> str:
        """The kind of upstream that stands by."""
        return self.road.standby.get(self.client.dialect, self.client.dialect)


CELLS = tuple(
    Cell(client, case, name)
    for client in CLIENTS
    for case in CASES
    for name, road in ROADS.items()
    if case == TOOL or not (road.is_midway or name == "cut in tool")
)
