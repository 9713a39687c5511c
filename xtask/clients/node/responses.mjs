// Responses: text, streams, tools.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import OpenAI from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";

import { all, row, throws } from "./cases.mjs";

const Person = z.object({ name: z.string(), age: z.number() });
const WEATHER = {
  type: "function",
  name: "get_weather",
  strict: true,
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  },
};

const ask = (at, input, more = {}, options = {}) =>
  at.client().responses.create({ model: at.script, input, ...more }, options);

row("responses.create", async (at) => {
  const reply = await ask(at, "hello", { metadata: { k: "v" } });
  assert.equal(reply.output_text, "You said: hello");
  assert.equal(reply.status, "completed");
  assert.deepEqual(reply.metadata, { k: "v" });
  assert.equal(reply.usage.total_tokens, reply.usage.input_tokens + reply.usage.output_tokens);
});

row("responses.stream", async (at) => {
  const events = await all(await ask(at, "[ten]", { stream: true }));
  assert.deepEqual(events.map((event) => event.sequence_number), [...events.keys()]);
  assert.equal(events[0].type, "response.created");
  assert.equal(events.at(-1).type, "response.completed");
  const deltas = events.filter((event) => event.type === "response.output_text.delta");
  assert.equal(deltas.map((event) => event.delta).join(""), events.at(-1).response.output[0].content[0].text);
});

row("responses.stream_helper", async (at) => {
  const stream = at.client().responses.stream({ model: at.script, input: "[ten]" });
  let text = "";
  stream.on("response.output_text.delta", (event) => (text += event.delta));
  const final = await stream.finalResponse();
  assert.equal(final.output_text, text);
});

row("responses.parse", async (at) => {
  const reply = await at.client().responses.parse({
    model: at.script,
    input: "[person]",
    text: { format: zodTextFormat(Person, "person") },
  });
  assert.deepEqual(reply.output_parsed, { name: "Ada", age: 36 });
});

row("responses.tools", async (at) => {
  const reply = await ask(at, "[two cities]", { tools: [WEATHER] });
  const calls = reply.output.filter((item) => item.type === "function_call");
  assert.deepEqual(calls.map((call) => JSON.parse(call.arguments).city), ["Oslo", "Lima"]);
  const input = calls.map(({ call_id }) => ({ type: "function_call_output", call_id, output: "rain" }));
  const next = await ask(at, input, { tools: [WEATHER], previous_response_id: reply.id });
  assert.equal(next.output_text, "The tool said: rain");
});

row("responses.tools_of_all_kinds", async (at) => {
  const custom = { type: "custom", name: "note", format: { type: "text" } };
  const namespace = { type: "namespace", name: "files", description: "d", tools: [WEATHER] };
  const tools = [custom, namespace, { type: "web_search" }, { type: "of_a_later_version" }];
  const reply = await ask(at, "[free text]", { tools });
  assert.equal(reply.output[0].type, "custom_tool_call");
  assert.equal(reply.output[0].input, "*** Begin\nline two");
});

row("responses.reasoning", async (at) => {
  const include = ["reasoning.encrypted_content"];
  const reply = await ask(at, "[think]", { reasoning: { effort: "high" }, include });
  assert.equal(reply.output[0].type, "reasoning");
  assert(reply.output[0].encrypted_content);
  assert.equal(reply.output_text, "Thought through.");
  assert.equal((await ask(at, [...reply.output, { role: "user", content: "hello" }])).output_text, "You said: hello");
});

row("responses.stored", async (at) => {
  const { responses } = at.client();
  const made = await ask(at, [{ role: "user", content: "a" }, { role: "user", content: "b" }]);
  assert.deepEqual((await responses.retrieve(made.id)).output, made.output);
  const items = await all(responses.inputItems.list(made.id, { order: "asc", limit: 1 }));
  assert.deepEqual(items.map((item) => item.content[0].text), ["a", "b"]);
  await responses.delete(made.id);
  await throws(OpenAI.NotFoundError, {}, () => responses.retrieve(made.id));
});

row("responses.input_tokens", async (at) => {
  const count = await at.client().responses.inputTokens.count({ model: at.script, input: "hello" });
  assert(count.input_tokens > 0);
});

row("responses.background", async (at) => {
  const { responses } = at.client();
  let made = await ask(at, "[ten]", { background: true });
  for (let round = 0; made.status === "queued" || made.status === "in_progress"; round++) {
    assert(round < 200);
    await sleep(20);
    made = await responses.retrieve(made.id);
  }
  assert.match(made.output_text, /ten$/);
  const long = await ask(at, "[long]", { background: true });
  assert.equal((await responses.cancel(long.id)).status, "cancelled");
});

row("responses.background_resume", async (at) => {
  const seen = [];
  for await (const event of await ask(at, "[long]", { background: true, stream: true })) {
    if (seen.push(event) === 30) break;
  }
  const { id } = seen[0].response;
  const after = { stream: true, starting_after: seen.at(-1).sequence_number };
  const rest = await all(await at.client().responses.retrieve(id, after));
  const events = [...seen, ...rest];
  assert.deepEqual(events.map((event) => event.sequence_number), [...events.keys()]);
  assert.equal(events.at(-1).type, "response.completed");
});

row("responses.compact", async (at) => {
  const input = [{ role: "user", content: "a" }, { role: "assistant", content: "b" }, { role: "user", content: "c" }];
  const short = await at.client().responses.compact({ model: at.script, input });
  assert.equal(short.object, "response.compaction");
  assert(short.output.length > 0);
});

row("responses.abort", async (at) => {
  await throws(OpenAI.APIConnectionTimeoutError, {}, () => ask(at, "[long]", {}, { timeout: 300 }));
  const stream = await ask(at, "[long]", { stream: true });
  for await (const _ of stream) break;
  assert.equal((await ask(at, "hello")).output_text, "You said: hello");
});

row("responses.errors", async (at) => {
  await throws(OpenAI.NotFoundError, { code: "model_not_found" }, () => ask(at, "x", { model: "nobody" }));
  await throws(OpenAI.BadRequestError, { code: "previous_response_not_found" }, () =>
    ask(at, "x", { previous_response_id: "resp_nobody" }),
  );
});
