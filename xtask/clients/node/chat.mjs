// Chat completions.

import assert from "node:assert/strict";

import OpenAI from "openai";
import { zodFunction, zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";

import { all, row, throws } from "./cases.mjs";

const Person = z.object({ name: z.string(), age: z.number() });
const parameters = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const WEATHER = { type: "function", function: { name: "get_weather", strict: true, parameters } };

const user = (content) => [{ role: "user", content }];
const ask = (at, text, more = {}, options = {}) =>
  at.client().chat.completions.create({ model: at.script, messages: user(text), ...more }, options);

row("chat.create", async (at) => {
  const reply = await ask(at, "hello");
  assert.equal(reply.object, "chat.completion");
  assert.equal(reply.choices[0].message.content, "You said: hello");
  assert.equal(reply.choices[0].finish_reason, "stop");
  const { usage } = reply;
  assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
});

row("chat.stream", async (at) => {
  const chunks = await all(await ask(at, "[ten]", { stream: true }));
  const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
  assert.equal(text, "one two three four five six seven eight nine ten");
  assert(chunks.length >= 12);
});

row("chat.stream_usage", async (at) => {
  const options = { stream: true, stream_options: { include_usage: true } };
  const chunks = await all(await ask(at, "[ten]", options));
  assert.deepEqual(chunks.at(-1).choices, []);
  assert.equal(chunks.at(-1).usage.completion_tokens, 10);
});

row("chat.stream_helper", async (at) => {
  const stream = at.client().chat.completions.stream({ model: at.script, messages: user("[ten]") });
  let text = "";
  stream.on("content", (delta) => (text += delta));
  const final = await stream.finalChatCompletion();
  assert.equal(text, final.choices[0].message.content);
  assert.match(text, /^one two .* ten$/);
});

row("chat.options", async (at) => {
  const several = await ask(at, "hello", { n: 3 });
  assert.deepEqual(several.choices.map((choice) => choice.index), [0, 1, 2]);
  const stopped = await ask(at, "[ten]", { stop: ["four"] });
  assert.equal(stopped.choices[0].message.content.trim(), "one two three");
  const short = await ask(at, "[ten]", { max_completion_tokens: 3 });
  assert.equal(short.choices[0].finish_reason, "length");
});

row("chat.logprobs_and_seed", async (at) => {
  const tiny = { model: at.tiny, max_tokens: 8, temperature: 1, seed: 5, logprobs: true, top_logprobs: 3 };
  const [one, other] = [await ask(at, "hello", tiny), await ask(at, "hello", tiny)];
  assert.equal(one.choices[0].message.content, other.choices[0].message.content);
  for (const token of one.choices[0].logprobs.content) {
    assert(token.logprob <= 0);
    assert.equal(token.top_logprobs.length, 3);
  }
});

row("chat.parse", async (at) => {
  const asked = { model: at.script, messages: user("[person]") };
  const reply = await at.client().chat.completions.parse({
    ...asked,
    response_format: zodResponseFormat(Person, "person"),
  });
  assert.deepEqual(reply.choices[0].message.parsed, { name: "Ada", age: 36 });
});

row("chat.tools", async (at) => {
  const reply = await ask(at, "[two cities]", { tools: [WEATHER] });
  const calls = reply.choices[0].message.tool_calls;
  assert.equal(reply.choices[0].finish_reason, "tool_calls");
  const cities = calls.map((call) => JSON.parse(call.function.arguments).city);
  assert.deepEqual(cities, ["Oslo", "Lima"]);
  const named = { type: "function", function: { name: "get_weather" } };
  const forced = await ask(at, "[weather]", { tools: [WEATHER], tool_choice: named });
  assert.equal(forced.choices[0].message.tool_calls.length, 1);
  const custom = { type: "custom", custom: { name: "note", format: { type: "text" } } };
  const free = await ask(at, "[free text]", { tools: [custom] });
  assert.equal(free.choices[0].message.tool_calls[0].custom.input, "*** Begin\nline two");
});

row("chat.run_tools", async (at) => {
  const asked = [];
  for (const stream of [false, true]) {
    const runner = at.client().chat.completions.runTools({
      model: at.script,
      stream,
      messages: user("[two cities]"),
      tools: [
        zodFunction({
          name: "get_weather",
          parameters: z.object({ city: z.string() }),
          function: ({ city }) => (asked.push(city), "rain"),
        }),
      ],
    });
    assert.equal(await runner.finalContent(), "The tool said: rain");
  }
  assert.deepEqual(asked, ["Oslo", "Lima", "Oslo", "Lima"]);
});

row("chat.reasoning", async (at) => {
  const reply = await ask(at, "[think]", { reasoning_effort: "high" });
  assert.equal(reply.choices[0].message.reasoning_content, "First I look, then I leap.");
  assert.equal(reply.usage.completion_tokens_details.reasoning_tokens, 6);
});

row("chat.store", async (at) => {
  const { completions } = at.client().chat;
  const kept = await ask(at, "hello", { store: true, metadata: { from: "node" } });
  assert.equal((await completions.retrieve(kept.id)).id, kept.id);
  assert.deepEqual((await completions.update(kept.id, { metadata: { a: "b" } })).metadata, { a: "b" });
  const listed = await all(completions.list({ metadata: { a: "b" } }));
  assert(listed.some((one) => one.id === kept.id));
  const messages = await all(completions.messages.list(kept.id));
  assert.equal(messages[0].content, "hello");
  assert.equal((await completions.delete(kept.id)).deleted, true);
  await throws(OpenAI.NotFoundError, {}, () => completions.retrieve(kept.id));
});

row("chat.raw_response", async (at) => {
  const { data, response, request_id } = await ask(at, "hello").withResponse();
  assert.equal(response.status, 200);
  assert.equal(data.choices[0].message.content, "You said: hello");
  assert(request_id && request_id === response.headers.get("x-request-id"));
});

row("chat.timeout_and_abort", async (at) => {
  const late = { timeout: 300 };
  await throws(OpenAI.APIConnectionTimeoutError, {}, () => ask(at, "[long]", {}, late));
  const stream = await ask(at, "[long]", { stream: true });
  let seen = 0;
  for await (const _ of stream) if (++seen === 5) break;
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 100);
  const asked = () => ask(at, "[long]", {}, { signal: stop.signal });
  await throws(OpenAI.APIUserAbortError, {}, asked);
  assert.equal((await ask(at, "hello")).choices[0].message.content, "You said: hello");
});

row("errors.bad_request", async (at) => {
  const fields = { status: 400, type: "invalid_request_error" };
  await throws(OpenAI.BadRequestError, { ...fields, param: "messages" }, () =>
    ask(at, "", { messages: [] }),
  );
  await throws(OpenAI.BadRequestError, { ...fields, param: "n" }, () => ask(at, "x", { n: 1000 }));
  await throws(OpenAI.BadRequestError, { code: "context_length_exceeded" }, () =>
    ask(at, "x".repeat(4000), { model: at.tiny, stream: true }),
  );
});

row("errors.not_found", async (at) => {
  await throws(OpenAI.NotFoundError, { code: "model_not_found", param: "model" }, () =>
    ask(at, "hello", { model: "nobody" }),
  );
});

row("errors.authentication", async (at) => {
  const client = at.client({ apiKey: "fh-wrong" });
  await throws(OpenAI.AuthenticationError, { code: "invalid_api_key" }, () => client.models.list());
});
