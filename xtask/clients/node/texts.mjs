// Models, completions, embeddings and moderations.

import assert from "node:assert/strict";

import OpenAI from "openai";

import { all, row, throws } from "./cases.mjs";

row("models.list", async (at) => {
  const { models } = at.client();
  const listed = await all(models.list());
  const names = listed.map((model) => model.id);
  assert(names.includes(at.script) && names.includes(at.tiny));
  assert.equal((await models.retrieve(at.tiny)).id, at.tiny);
  await throws(OpenAI.NotFoundError, { code: "model_not_found" }, () => models.retrieve("nobody"));
});

row("completions.create", async (at) => {
  const { completions } = at.client();
  const asked = { model: at.script, prompt: "once upon a time" };
  const reply = await completions.create(asked);
  assert.equal(reply.choices[0].text, "once upon a time");
  const chunks = await all(await completions.create({ ...asked, stream: true }));
  assert.equal(chunks.map((chunk) => chunk.choices[0]?.text ?? "").join(""), "once upon a time");
});

row("embeddings.create", async (at) => {
  const { embeddings } = at.client();
  const asked = { model: at.script, input: ["hello", "you"] };
  const usual = await embeddings.create(asked);
  const floats = await embeddings.create({ ...asked, encoding_format: "float" });
  assert.equal(usual.data.length, 2);
  // The SDK asks for base64 where nothing is said, and decodes it as 32-bit numbers.
  assert.deepEqual(
    Array.from(usual.data[0].embedding),
    Array.from(Float32Array.from(floats.data[0].embedding)),
  );
  const few = await embeddings.create({ ...asked, encoding_format: "float", dimensions: 8 });
  assert.equal(few.data[0].embedding.length, 8);
});

row("moderations.says_that_it_cannot", async (at) => {
  await throws(OpenAI.InternalServerError, { status: 501, code: "not_implemented" }, () =>
    at.client().moderations.create({ input: "hello" }),
  );
});
