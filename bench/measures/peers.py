"""The gateway, everything on, against LiteLLM and Portkey in their own cheapest settings: same core, same upstream.

Plain requests are asked in Chat Completions, which is the peers' own language. What a stream's event costs depends on
how many come at once, so there is a figure for each by the load that it can carry, and one for both by the same load.
"""

import http.client
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import uvloop

from bench.child import BenchError
from bench.configuration import EVERYTHING, model_at
from bench.dialogue import PROMPT_BYTES
from bench.figure import Bar, Figure, Measured, measured
from bench.measures.context import Context
from bench.measures.crowd import WARM_STREAMS, hold_open
from bench.measures.plain_run import costs, interleaved, plain_ask, rates, ratio
from bench.measures.start import seconds_to_first_answer
from bench.measures.stream_run import Offered, StreamRun, run_streams
from bench.measures.streaming import stream_request
from bench.peers import LITELLM, PORTKEY, Bases, Peer, Running, bases_of, installed, starting
from bench.spoken.anthropic import DIALECT as ANTHROPIC
from bench.spoken.openai_chat import DIALECT as CHAT
from bench.spoken.registry import CALLERS, Pace
from bench.spoken.shape import Caller
from bench.stage import Proxy
from bench.streams import StreamLoad
from bench.wrk import Wrk

PLAIN_BOUNDS = {LITELLM: (60.0, 100.0)}
STREAM_BOUNDS = {LITELLM: (1 / 30, 1 / 45)}
STREAMS = {LITELLM: 24, PORTKEY: 100}
"""So many, of the plan's pace, that the peer is busy and not overwhelmed."""
PLAIN_SECONDS = 4.0
WARM_SECONDS = 5.0
"""A just-in-time compiler is at work for longer than the gateway takes to warm up."""
STREAM_SECONDS = 5.0
SAME_LOAD, OWN_LOAD = "gateway, same load", "gateway, own load"
PROBE_SECONDS = 10.0
NO_STREAMS = "it does not answer the harness's streams with success, so these and their memory are not measured"
HELD_OPEN = 200
HELD_PACE = Pace(16, 2)
_WORD = re.compile(rb" word (\d{5})")
_ENDS = (b"data: [DONE]", b"event: message_stop")


def what_is_missing(folder: Path) -> str:
    """What to do where no other gateway is installed; empty where there is one."""
    return "" if installed(folder) else "no other gateway is installed; `make bench-peers` installs them"


def measure(context: Context) -> list[Figure]:
    """The figures of all that are installed; none where none is."""
    figures: list[Figure] = []
    if missing := what_is_missing(context.peers):
        context.say(f"peers: {missing}")
    context = msgspec.structs.replace(
        context, plan=msgspec.structs.replace(context.plan, repeats=context.plan.peer_repeats)
    )
    pace = Pace(round(context.plan.stream_rate * STREAM_SECONDS), context.plan.stream_rate)
    bases = bases_of(context.stage, pace)
    for peer in installed(context.peers):
        try:
            figures += _of(context, peer, bases, pace)
        except BenchError as error:
            # One that cannot keep up must not take the others' figures with it.
            context.say(f"{peer.name}: {error}")
            name = f"{peer.name} {peer.version}, measurements that could not be taken"
            figures.append(Figure(name=name, unit="", value=measured([1.0]), remarks=(str(error).splitlines()[0],)))
    return figures


def _of(context: Context, peer: Peer, bases: Bases, pace: Pace) -> list[Figure]:
    started = _starts(context, bases, peer.name)
    with (
        context.stage.gateway(msgspec.structs.replace(EVERYTHING, pace=pace)) as gateway,
        starting(context.stage, peer, bases) as running,
    ):
        proxy = running.proxy(CHAT)
        ask = plain_ask(proxy, CHAT, PROMPT_BYTES["1 KB"])
        seconds_to_first_answer(proxy, ask)
        Wrk(context.folder, "warm", context.stage.cores.load, ask, connections=context.plan.connections).run(
            proxy.plain_port, WARM_SECONDS
        )
        figures = _plain(context, gateway, running)
        if not streams_work(context, running):
            return [*figures, msgspec.structs.replace(started, remarks=(NO_STREAMS,))]
        figures += _streams(context, gateway, running, pace)
    return [*figures, *_memory(context, peer.name), started]


def streams_work(context: Context, running: Running) -> bool:
    """Whether a stream of either dialect is answered with success; where not, there is nothing to compare."""
    for dialect in (ANTHROPIC, CHAT):
        proxy, caller = running.stream_proxy(dialect), CALLERS[dialect]
        connection = http.client.HTTPConnection("127.0.0.1", proxy.stream_port, timeout=PROBE_SECONDS)
        try:
            connection.request("POST", caller.path, caller.body(model_at(dialect)), proxy.headers(caller.headers))
            status = connection.getresponse().status
        except OSError as error:
            status = 0
            context.say(f"{proxy.name}, stream in {dialect}: {error}")
        finally:
            connection.close()
        if status != 200:  # noqa: PLR2004 - HTTP's word for success
            context.say(
                f"{proxy.name} answers a stream in {dialect} with status {status}; its streams are not measured"
            )
            return False
    return True


def _plain(context: Context, gateway: Proxy, running: Running) -> list[Figure]:
    figures: list[Figure] = []
    name, version = running.peer.name, running.peer.version
    for dialect, size in ((CHAT, "1 KB"), (CHAT, "20 KB"), (CHAT, "200 KB"), (ANTHROPIC, "1 KB")):
        peer, prompt_bytes = running.proxy(dialect), PROMPT_BYTES[size]
        asked = [(proxy, plain_ask(proxy, dialect, prompt_bytes)) for proxy in (gateway, peer)]
        runs = interleaved(context, f"{dialect}, {size}", asked, PLAIN_SECONDS)
        is_first = (dialect, size) == (CHAT, "1 KB")
        bounds = PLAIN_BOUNDS.get(name) if is_first else None
        title = f"plain requests per core against {name} {version}, {dialect}, {size} prompt"
        judged = ratio(title, runs, gateway.name, name, bounds)
        own = {name: runs[name]}
        figures += [msgspec.structs.replace(judged, unit=f"times {name}"), *costs(own, "peers", f"{size}: {dialect}")]
        if is_first:
            figures += rates(own, "throughput", "1 KB")
    return figures


def _streams(context: Context, gateway: Proxy, running: Running, pace: Pace) -> list[Figure]:
    """In both dialects the peer and the gateway by the load that the peer can carry; in Anthropic's also the gateway by
    its own load, as it is measured against nginx."""
    name = running.peer.name
    few, many = Offered(STREAMS[name], pace), Offered(context.plan.streams, pace)
    runs: dict[tuple[str, str], list[StreamRun]] = {}
    for _ in range(context.plan.repeats):
        for dialect in (ANTHROPIC, CHAT):
            peer = running.stream_proxy(dialect)
            asked = [(name, peer, few), (SAME_LOAD, gateway, few)]
            asked += [(OWN_LOAD, gateway, many)] if dialect == ANTHROPIC else []
            for who, proxy, offered in asked:
                request = stream_request(proxy, dialect, pace)
                run = uvloop.run(run_streams(context, proxy, request, lenient(CALLERS[dialect]), offered))
                runs.setdefault((dialect, who), []).append(run)
                context.say(f"streams, {dialect}: {who} {run.per_second:,.0f}/s, {run.cpu_microseconds:.1f} us each")
    return stream_figures(runs, name, few)


def stream_figures(runs: Mapping[tuple[str, str], Sequence[StreamRun]], name: str, few: Offered) -> list[Figure]:
    """What these runs come to. Judged is what one core can carry, so each has its own load; the same load for both
    stands beside it."""
    must, aim = STREAM_BOUNDS.get(name, (None, None))
    load = f"{few.streams} streams of {few.pace.rate} events/s"
    share = max(run.use.share for (_, who), several in runs.items() if who == name for run in several)
    judged = Figure(
        name=f"CPU per streamed event against {name}, each by its own load",
        unit=f"of {name}",
        value=_ratio(runs[ANTHROPIC, OWN_LOAD], runs[ANTHROPIC, name]),
        must=must,
        aim=aim,
        remarks=(f"{name} had {load} and used up to {share:.0%} of its core",),
    )
    dialects = list(dict.fromkeys(dialect for dialect, _ in runs))
    same = [
        Figure(
            f"  the same by the load of {name}, {dialect}",
            f"of {name}",
            _ratio(runs[dialect, SAME_LOAD], runs[dialect, name]),
        )
        for dialect in dialects
    ]
    alone = [
        Figure(
            name=f"  {who} alone, {dialect}",
            unit="us/event",
            value=measured([run.cpu_microseconds for run in several]),
            bar=Bar("peer-streams", f"{dialect}, {load}", "gateway" if who == SAME_LOAD else name)
            if who != OWN_LOAD
            else None,
        )
        for (dialect, who), several in runs.items()
    ]
    return [judged, *same, *alone]


def _ratio(ours: Sequence[StreamRun], theirs: Sequence[StreamRun]) -> Measured:
    return measured([mine.cpu_microseconds / other.cpu_microseconds for mine, other in zip(ours, theirs, strict=True)])


def _starts(context: Context, bases: Bases, name: str) -> Figure:
    peer = next(one for one in installed(context.peers) if one.name == name)
    seconds = []
    for _ in range(context.plan.repeats):
        with starting(context.stage, peer, bases) as running:
            proxy = running.proxy(CHAT)
            seconds.append(seconds_to_first_answer(proxy, plain_ask(proxy, CHAT, PROMPT_BYTES["1 KB"])))
        context.say(f"cold start to first answer: {name} {seconds[-1]:.2f} s")
    bar = Bar("start", "cold start", name)
    return Figure(name=f"  {name}, cold start to first answer", unit="s", value=measured(seconds), bar=bar)


def _memory(context: Context, name: str) -> list[Figure]:
    """A fresh one each time: memory once taken is seldom given back."""
    peer = next(one for one in installed(context.peers) if one.name == name)
    bases = bases_of(context.stage, HELD_PACE)
    idle: list[float] = []
    each: list[float] = []
    remarks: set[str] = set()
    for _ in range(context.plan.repeats):
        with starting(context.stage, peer, bases) as running:
            proxy = running.proxy(CHAT)
            seconds_to_first_answer(proxy, plain_ask(proxy, CHAT, PROMPT_BYTES["1 KB"]))
            idle.append(proxy.child.memory_bytes() / 1e6)
            streams = running.stream_proxy(CHAT)
            loads = [_held(streams, count) for count in (WARM_STREAMS, HELD_OPEN)]
            outcome, kilobytes = uvloop.run(hold_open(streams, loads[0], loads[1], HELD_OPEN, HELD_PACE))
            each.append(kilobytes)
            remarks |= set(outcome.troubles)
        context.say(f"memory: {name} {idle[-1]:.0f} MB idle, {each[-1]:.1f} kB for each of {HELD_OPEN} streams")
    title = f"  {name}, {HELD_OPEN} concurrent streams, memory of each"
    bar = Bar("memory-stream", "one open stream", name)
    return [
        Figure(name=title, unit="kB", value=measured(each), remarks=tuple(sorted(remarks)), bar=bar),
        Figure(name=f"  {name}, idle", unit="MB", value=measured(idle), bar=Bar("memory-idle", "idle", name)),
    ]


def _held(proxy: Proxy, streams: int) -> StreamLoad:
    request = stream_request(proxy, CHAT, HELD_PACE)
    return StreamLoad(proxy.stream_port, request, streams, HELD_PACE.words, lenient(CALLERS[CHAT]))


def lenient(caller: Caller) -> Caller:
    """A caller who asks only that every word comes, once, in order, and that the stream ends as its dialect does:
    others write each event anew, in their own way."""
    return msgspec.structs.replace(caller, content_mark=b" word ", trouble_of=_trouble_of)


def _trouble_of(stream: bytes, words: int) -> str | None:
    came: Sequence[bytes] = _WORD.findall(stream)
    if [int(word) for word in came] != list(range(words)):
        return f"{len(came)} pieces of text came, {words} were sent, or their order is wrong"
    return None if any(end in stream for end in _ENDS) else "it does not end as its dialect ends"
