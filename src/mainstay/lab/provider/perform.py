"""The one pure entry: a request, a fault and a personality give the steps on the connection.

The steps follow from the arguments alone: no clock, no dice, no memory. So virtual time plays the same provider that
real sockets do.
"""

from msgspec.structs import replace

from mainstay.lab.provider.anthropic import Anthropic, count_tokens
from mainstay.lab.provider.ask import Ask, Problem
from mainstay.lab.provider.azure import at_home
from mainstay.lab.provider.bedrock import count_tokens as count_tokens_at_bedrock
from mainstay.lab.provider.bedrock_key import is_signed
from mainstay.lab.provider.bedrock_routes import bedrock_voice, dressed, has_fault
from mainstay.lab.provider.connection_faults import CONNECTION_FAULTS
from mainstay.lab.provider.dialogue import take_turn
from mainstay.lab.provider.error_table import ERRORS
from mainstay.lab.provider.evidence import mark
from mainstay.lab.provider.fault import FaultSpec
from mainstay.lab.provider.fault_table import FaultGroup
from mainstay.lab.provider.openai_chat import OpenaiChat
from mainstay.lab.provider.openai_responses import OpenaiResponses
from mainstay.lab.provider.request import Personality, ProviderRequest
from mainstay.lab.provider.scene import Scene
from mainstay.lab.provider.script import Script, lay_out, whole
from mainstay.lab.provider.status_faults import error_script, status_script
from mainstay.lab.provider.steps import Step
from mainstay.lab.provider.stream_faults import STREAM_FAULTS, paced
from mainstay.lab.provider.turn_faults import TURN_FAULTS
from mainstay.lab.provider.vertex import answering_voice, counts_tokens, google_voice
from mainstay.lab.provider.vertex_paths import GEMINI_ROOT
from mainstay.lab.provider.vertex_token import is_token_path, token_script
from mainstay.lab.provider.voice import ErrorAnswer, Manner, Voice, stamp

_ANTHROPIC = Anthropic()
_OPENAI_CHAT = OpenaiChat()
_POST_PATHS: dict[str, Voice] = {
    "/messages": _ANTHROPIC,
    "/messages/count_tokens": _ANTHROPIC,
    "/chat/completions": _OPENAI_CHAT,
    "/responses": OpenaiResponses(),
}
_SCRIPT_FAULTS = CONNECTION_FAULTS | STREAM_FAULTS


def perform(request: ProviderRequest, fault: FaultSpec, personality: Personality) -> list[Step]:
    """What the provider does with this request under this fault. Raises nothing; a request that is wrong gets the
    error response of its dialect."""
    request = at_home(request)
    path = request.path.removeprefix(GEMINI_ROOT).removeprefix("/v1")
    voice = _voice(path, request)
    scene = Scene(voice, stamp(request, personality.name), fault)
    if fault.group is FaultGroup.STATUS:
        return lay_out(dressed(status_script(scene), voice))
    script = dressed(_script(path, request, scene, personality), voice)
    change = _SCRIPT_FAULTS.get(fault.name) if has_fault(voice, fault.name) else None
    return lay_out(change(script, scene) if change else script)


def _voice(path: str, request: ProviderRequest) -> Voice:
    """By path; on paths that several dialects have, by the header that only one of them sends."""
    default: Voice = _ANTHROPIC if request.header("anthropic-version") else _OPENAI_CHAT
    return google_voice(request.path) or bedrock_voice(path) or _POST_PATHS.get(path, default)


def _script(path: str, request: ProviderRequest, scene: Scene, personality: Personality) -> Script:
    if is_token_path(request.path):
        return token_script(request, scene, personality.key)
    if personality.key is not None and request.key != personality.key and not is_signed(request, personality.key):
        return _error(scene, "auth")
    if path in _POST_PATHS or answering_voice(request.path) is not None or bedrock_voice(path) is not None:
        return _answer(request, scene, personality) if request.method == "POST" else _error(scene, "no-method")
    if path == "/models" or path.startswith("/models/"):
        name = path.removeprefix("/models").removeprefix("/")
        return _models(name, scene, personality) if request.method == "GET" else _error(scene, "no-method")
    return _error(scene, "no-path")


def _answer(request: ProviderRequest, scene: Scene, personality: Personality) -> Script:
    ask = _read(request, scene, personality)
    if isinstance(ask, Problem):
        return _problem(scene, ask)
    if request.path.endswith("/count_tokens") or counts_tokens(request.path):
        return whole(scene.head(200, "application/json"), count_tokens(ask))
    if request.path.endswith("/count-tokens"):
        return whole(scene.head(200, "application/json"), count_tokens_at_bedrock(ask))
    if not personality.accepts_prefill and ask.conversation and ask.conversation[-1].role == "assistant":
        return _error(scene, "prefill")
    return _success(ask, scene, personality)


def _read(request: ProviderRequest, scene: Scene, personality: Personality) -> Ask | Problem:
    """The request, unless it brings back something that another provider made."""
    ask = scene.voice.read(request)
    if isinstance(ask, Problem):
        return ask
    own = mark(personality.name)
    return next((claim.problem for claim in ask.claims if claim.maker != own), ask)


def _success(ask: Ask, scene: Scene, personality: Personality) -> Script:
    turn = take_turn(ask, personality)
    change = TURN_FAULTS.get(scene.fault.name)
    turn = change(turn, scene.fault) if change else turn
    if ask.stream:
        manner = Manner(personality.words_per_event, _breaks(scene.fault), personality.pings)
        parts = tuple(scene.voice.stream(ask, turn, scene.stamp, manner))
        head = scene.head(200, "text/event-stream; charset=utf-8", ("cache-control", "no-cache"))
        script = Script(head=head, parts=parts)
    else:
        body = scene.voice.plain(ask, turn, scene.stamp)
        script = whole(scene.head(200, "application/json"), body, len(turn.text))
    script = replace(script, wait_seconds=max(personality.latency_seconds, 0.0))
    return script if personality.chars_per_second is None else paced(script, personality.chars_per_second)


def _breaks(fault: FaultSpec) -> tuple[int, ...]:
    """Where an event must end, so that a fault can come after exactly so many characters."""
    place = next((fault.text(name) for name in ("phase", "at") if fault.has(name)), "content")
    return (fault.whole("after"),) if fault.has("after") and place == "content" else ()


def _models(name: str, scene: Scene, personality: Personality) -> Script:
    head = scene.head(200, "application/json")
    if not name:
        return whole(head, scene.voice.models(personality.models))
    return whole(head, scene.voice.model(name)) if name in personality.models else _error(scene, "not-found")


def _problem(scene: Scene, problem: Problem) -> Script:
    wrong: ErrorAnswer = ERRORS[scene.voice.name]["bad-request"]
    words = replace(wrong, status=problem.status, message=problem.message, code=problem.code)
    return error_script(scene, replace(words, parameter=problem.parameter))


def _error(scene: Scene, name: str) -> Script:
    answer: ErrorAnswer = ERRORS[scene.voice.name][name]
    return error_script(scene, answer)
