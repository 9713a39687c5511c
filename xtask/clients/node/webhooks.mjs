// Webhooks: the SDK itself checks what is sent.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";

import OpenAI from "openai";

import { row, throws } from "./cases.mjs";

/** An address of this machine; `next` waits for what comes to it. */
async function endpoint() {
  const came = [];
  const server = createServer(async (request, reply) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    reply.writeHead(204).end();
    came.push({ body: Buffer.concat(pieces).toString(), headers: request.headers });
    server.emit("came");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const next = async () => {
    while (!came.length) await once(server, "came", { signal: AbortSignal.timeout(60_000) });
    return came.shift();
  };
  return { url: `http://127.0.0.1:${server.address().port}/hook`, next, close: () => server.close() };
}

row("webhooks.unwrap", async (at) => {
  const client = at.client({ apiKey: process.env.FREEHOLD_KEY_OWNER });
  const { url, next, close } = await endpoint();
  try {
    const made = await client.post("/webhook_endpoints", { body: { name: "mine", url, event_types: ["video.completed"] } });
    const film = await client.videos.create({ prompt: "a red ball", size: "192x160", seconds: "1", fps: 12 });
    // Films of before may end now.
    let body, headers, event;
    do {
      ({ body, headers } = await next());
      event = await client.webhooks.unwrap(body, headers, made.signing_secret);
      assert.equal(event.type, "video.completed");
    } while (event.data.id !== film.id);
    await throws(OpenAI.InvalidWebhookSignatureError, {}, () => client.webhooks.unwrap(body.replace("completed", "failed"), headers, made.signing_secret));
    assert.equal((await client.delete(`/webhook_endpoints/${made.id}`)).deleted, true);
  } finally {
    close();
  }
});
