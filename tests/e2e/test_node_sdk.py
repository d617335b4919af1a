"""The official Node SDKs, each in one script against the gateway: plain, streamed, and while the primary is cut off."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.callers import MAX_TOKENS, Question
from tests.e2e.world import World, seen

PACKAGES = ("openai@7.57.0", "@anthropic-ai/sdk@1.12.0")
INSTALL_SECONDS_MAX = 120
RUN_SECONDS_MAX = 60
FAULTS = "primary=cut:after=40"
PROMPT = "Why do bridges hum?"

ANTHROPIC_SCRIPT = """
import Anthropic from "@anthropic-ai/sdk";
const [url, plain, broken, faults, prompt, tokens] = process.argv.slice(2);
const client = new Anthropic({ baseURL: url, apiKey: "key-of-the-caller" });
const ask = (model) => ({ model, max_tokens: Number(tokens), messages: [{ role: "user", content: prompt }] });
const message = await client.messages.create(ask(plain));
const streamed = client.messages.stream(ask(plain));
let pieces = "";
streamed.on("text", (piece) => { pieces += piece; });
await streamed.finalMessage();
const mended = await client.messages.stream(ask(broken), { headers: { "x-lab-faults": faults } }).finalMessage();
let refusal = 0;
try { await client.messages.create({ ...ask("nobody") }); } catch (error) { refusal = error.status; }
console.log(JSON.stringify([message.content[0].text, pieces, mended.content[0].text, mended.stop_reason, refusal]));
"""
OPENAI_SCRIPT = """
import OpenAI from "openai";
const [url, plain, broken, faults, prompt] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "key-of-the-caller" });
const ask = (model) => ({ model, messages: [{ role: "user", content: prompt }] });
const read = async (stream) => {
  let [text, stop] = ["", ""];
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? "";
    stop = chunk.choices[0]?.finish_reason ?? stop;
  }
  return [text, stop];
};
const completion = await client.chat.completions.create(ask(plain));
const [pieces] = await read(await client.chat.completions.create({ ...ask(plain), stream: true }));
const headers = { "x-lab-faults": faults };
const [mended, stop] = await read(await client.chat.completions.create({ ...ask(broken), stream: true }, { headers }));
let refusal = 0;
try { await client.chat.completions.create(ask("nobody")); } catch (error) { refusal = error.status; }
console.log(JSON.stringify([completion.choices[0].message.content, pieces, mended, stop, refusal]));
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the SDKs in it."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("the Node SDKs need node and npm")
    folder = tmp_path_factory.mktemp("node")
    (folder / "package.json").write_text('{"type": "module", "private": true}')
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", *PACKAGES]
    done = subprocess.run(  # noqa: S603 - fixed arguments
        command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS_MAX, check=False
    )
    if done.returncode and os.environ.get("CI") != "true":
        pytest.skip(f"npm could not install the SDKs: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize(
    ("dialect", "script", "stop"),
    [("anthropic", ANTHROPIC_SCRIPT, "end_turn"), ("openai-chat", OPENAI_SCRIPT, "stop")],
    ids=["anthropic", "openai"],
)
def test_the_node_sdk_hears_whole_answers(dialect: str, script: str, stop: str, packages: Path, world: World) -> None:
    plain, broken = world.lane(dialect), world.lane(dialect)
    file = packages / f"{dialect}.mjs"
    file.write_text(script)
    node = shutil.which("node")
    assert node is not None
    arguments = [world.url, plain.model, broken.model, FAULTS, PROMPT, str(MAX_TOKENS)]
    done = subprocess.run(  # noqa: S603 - our own script
        [node, str(file), *arguments],
        cwd=packages,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    whole = world.ask_primary(dialect, Question(model="any", prompt=PROMPT)).text
    assert json.loads(done.stdout) == [whole, whole, whole, stop, 404]
    assert len(seen(world.standby, broken)) == 1
