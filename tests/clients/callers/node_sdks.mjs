// The official Node SDKs, asked over the line protocol of line_protocol.py. Run in the folder where they are installed.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const required = createRequire(pathToFileURL(`${process.cwd()}/`));
const Anthropic = required("@anthropic-ai/sdk").default;
const OpenAI = required("openai").default;

const apiKey = "key-of-the-caller";
const name = "look_up";
const schema = {
  type: "object",
  properties: { place: { type: "string" }, days: { type: "integer" } },
  required: ["place", "days"],
};

async function anthropic({ url, model, case: kind, prompt, result }) {
  const client = new Anthropic({ baseURL: url, apiKey });
  const messages = [{ role: "user", content: prompt }];
  const body = { model, max_tokens: 500, messages };
  const textOf = (message) => message.content.filter((one) => one.type === "text").map((one) => one.text).join("");
  if (kind === "plain") return { text: textOf(await client.messages.create(body)) };
  if (kind === "stream") {
    const pieces = [];
    const stream = client.messages.stream(body).on("text", (piece) => pieces.push(piece));
    await stream.finalMessage();
    return { text: pieces.join(""), pieces: pieces.length };
  }
  body.tools = [{ name, description: "Looks it up.", input_schema: schema }];
  const first = await client.messages.stream(body).finalMessage();
  const calls = first.content.filter((one) => one.type === "tool_use");
  messages.push({ role: "assistant", content: first.content });
  messages.push({
    role: "user",
    content: calls.map((call) => ({ type: "tool_result", tool_use_id: call.id, content: result })),
  });
  const last = await client.messages.stream(body).finalMessage();
  return { text: textOf(last), calls: calls.map((call) => [call.name, call.input]) };
}

async function chat({ url, model, case: kind, prompt, result }) {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey });
  const messages = [{ role: "user", content: prompt }];
  const body = { model, messages };
  if (kind === "plain") return { text: (await client.chat.completions.create(body)).choices[0].message.content };
  if (kind === "stream") {
    const pieces = [];
    for await (const chunk of await client.chat.completions.create({ ...body, stream: true })) {
      if (chunk.choices[0]?.delta?.content) pieces.push(chunk.choices[0].delta.content);
    }
    return { text: pieces.join(""), pieces: pieces.length };
  }
  body.tools = [{ type: "function", function: { name, parameters: schema } }];
  const first = (await client.chat.completions.stream(body).finalChatCompletion()).choices[0].message;
  const calls = first.tool_calls ?? [];
  messages.push({ role: "assistant", content: first.content, tool_calls: calls });
  for (const call of calls) messages.push({ role: "tool", tool_call_id: call.id, content: result });
  const last = (await client.chat.completions.stream(body).finalChatCompletion()).choices[0].message;
  return { text: last.content, calls: calls.map((call) => [call.function.name, JSON.parse(call.function.arguments)]) };
}

async function responses({ url, model, case: kind, prompt, result }) {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey });
  const input = [{ role: "user", content: prompt }];
  const body = { model, input, store: false };
  if (kind === "plain") return { text: (await client.responses.create(body)).output_text };
  if (kind === "stream") {
    const pieces = [];
    const stream = client.responses.stream(body).on("response.output_text.delta", (event) => pieces.push(event.delta));
    const whole = (await stream.finalResponse()).output_text;
    if (whole !== pieces.join("")) throw new Error("the last event does not repeat what was streamed");
    return { text: whole, pieces: pieces.length };
  }
  body.tools = [{ type: "function", name, parameters: schema, strict: false }];
  const first = await client.responses.stream(body).finalResponse();
  const calls = first.output.filter((item) => item.type === "function_call");
  input.push(...first.output.map(({ parsed_arguments, status, ...item }) => item));
  for (const call of calls) input.push({ type: "function_call_output", call_id: call.call_id, output: result });
  const last = await client.responses.stream(body).finalResponse();
  return { text: last.output_text, calls: calls.map((call) => [call.name, JSON.parse(call.arguments)]) };
}

const asks = { "anthropic-node": anthropic, "openai-node-chat": chat, "openai-node-responses": responses };
for await (const line of createInterface({ input: process.stdin })) {
  const wish = JSON.parse(line);
  let answer;
  try {
    answer = { pieces: 0, calls: [], ...(await asks[wish.client](wish)) };
  } catch (error) {
    answer = { trouble: String(error.stack ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
