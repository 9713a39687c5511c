// What is kept: conversations, files, uploads and batches.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import OpenAI, { toFile } from "openai";

import { all, row, throws } from "./cases.mjs";

const message = (content) => ({ type: "message", role: "user", content });

row("conversations.life", async (at) => {
  const { conversations, responses } = at.client();
  const made = await conversations.create({ metadata: { topic: "one" }, items: [message("hello")] });
  assert.deepEqual(await conversations.retrieve(made.id), made);
  await conversations.update(made.id, { metadata: { topic: "two" } });
  const added = await conversations.items.create(made.id, { items: [message("more")] });
  const found = await conversations.items.retrieve(added.data[0].id, { conversation_id: made.id });
  assert.equal(found.content[0].text, "more");
  await responses.create({ model: at.script, input: "again", conversation: made.id });
  const items = await all(conversations.items.list(made.id, { order: "asc", limit: 2 }));
  assert.deepEqual(items.map((item) => item.content[0].text), ["hello", "more", "again", "You said: again"]);
  await conversations.items.delete(found.id, { conversation_id: made.id });
  assert.equal((await conversations.delete(made.id)).deleted, true);
  await throws(OpenAI.NotFoundError, {}, () => conversations.retrieve(made.id));
});

row("files.life", async (at) => {
  const { files } = at.client();
  const made = await files.create({ file: await toFile(Buffer.from("grüße"), "a.txt"), purpose: "user_data" });
  assert.equal(made.bytes, 7);
  assert.equal(await (await files.content(made.id)).text(), "grüße");
  const listed = await all(files.list({ limit: 1 }));
  assert(listed.some((file) => file.id === made.id));
  assert.equal((await files.delete(made.id)).deleted, true);
  await throws(OpenAI.NotFoundError, {}, () => files.retrieve(made.id));
});

row("uploads.life", async (at) => {
  const { uploads, files } = at.client();
  const about = { bytes: 8, filename: "x.bin", mime_type: "application/octet-stream", purpose: "user_data" };
  const upload = await uploads.create(about);
  const ids = [];
  for (const data of ["abcd", "efgh"]) {
    const part = await uploads.parts.create(upload.id, { data: await toFile(Buffer.from(data)) });
    ids.push(part.id);
  }
  const done = await uploads.complete(upload.id, { part_ids: [ids[1], ids[0]] });
  assert.equal(await (await files.content(done.file.id)).text(), "efghabcd");
  const left = await uploads.create(about);
  assert.equal((await uploads.cancel(left.id)).status, "cancelled");
});

row("batches.run", async (at) => {
  const { batches, files } = at.client();
  const lines = ["a", "b", "c"].map((text) =>
    JSON.stringify({
      custom_id: text,
      method: "POST",
      url: "/v1/responses",
      body: { model: at.script, input: text },
    }),
  );
  const given = await files.create({ file: await toFile(Buffer.from(lines.join("\n")), "b.jsonl"), purpose: "batch" });
  let batch = await batches.create({ input_file_id: given.id, endpoint: "/v1/responses", completion_window: "24h" });
  for (let round = 0; !["completed", "failed"].includes(batch.status); round++) {
    assert(round < 200, batch.status);
    await sleep(50);
    batch = await batches.retrieve(batch.id);
  }
  assert.equal(batch.request_counts.completed, 3);
  const text = await (await files.content(batch.output_file_id)).text();
  const results = text.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(results.map((one) => one.custom_id).sort(), ["a", "b", "c"]);
  assert(results.every((one) => one.response.status_code === 200));
  assert((await all(batches.list({ limit: 1 }))).some((one) => one.id === batch.id));
});
