// Films: what `client.videos` does.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import OpenAI, { toFile } from "openai";

import { all, row, throws } from "./cases.mjs";

const SMALL = { size: "192x160", seconds: "1", fps: 12, seed: 7 };

/** Waits until a film has ended. */
async function ended(videos, film) {
  while (film.status === "queued" || film.status === "in_progress") {
    await sleep(100);
    film = await videos.retrieve(film.id);
  }
  return film;
}

row("videos.life", async (at) => {
  const { videos } = at.client();
  const film = await ended(videos, await videos.create({ prompt: "a red ball bounces", ...SMALL }));
  assert.equal(film.status, "completed");
  const whole = Buffer.from(await (await videos.downloadContent(film.id)).arrayBuffer());
  assert.equal(whole.toString("latin1", 4, 8), "ftyp");
  const thumbnail = Buffer.from(await (await videos.downloadContent(film.id, { variant: "thumbnail" })).arrayBuffer());
  assert.equal(thumbnail.toString("latin1", 8, 12), "WEBP");
  const listed = await all(videos.list({ limit: 2 }));
  assert(listed.some((one) => one.id === film.id));
  assert.equal((await videos.delete(film.id)).deleted, true);
  await throws(OpenAI.NotFoundError, {}, () => videos.retrieve(film.id));
});

row("videos.remix_edit_extend", async (at) => {
  const { videos } = at.client();
  const film = await ended(videos, await videos.create({ prompt: "a red ball", ...SMALL }));
  const remix = await videos.remix(film.id, { prompt: "a blue cube" });
  assert.equal(remix.remixed_from_video_id, film.id);
  const whole = Buffer.from(await (await videos.downloadContent(film.id)).arrayBuffer());
  const edited = await videos.edit({ prompt: "a green star", video: await toFile(whole, "film.mp4") });
  const longer = await videos.extend({ prompt: "a ring spins", seconds: "4", video: { id: film.id } });
  assert.equal(longer.seconds, "5");
  for (const one of [remix, edited, longer]) assert.equal((await ended(videos, one)).status, "completed");
});

row("videos.batch", async (at) => {
  const { batches, files, videos } = at.client();
  const lines = ["red", "blue"].map((colour) => JSON.stringify({ custom_id: colour, method: "POST", url: "/v1/videos", body: { prompt: `a ${colour} ball`, size: "64x64", seconds: "0.5", fps: 8 } }));
  const given = await files.create({ file: await toFile(Buffer.from(lines.join("\n")), "b.jsonl"), purpose: "batch" });
  let batch = await batches.create({ input_file_id: given.id, endpoint: "/v1/videos", completion_window: "24h" });
  while (!["completed", "failed"].includes(batch.status)) {
    await sleep(100);
    batch = await batches.retrieve(batch.id);
  }
  assert.equal(batch.request_counts.completed, 2);
  const results = (await (await files.content(batch.output_file_id)).text()).trim().split("\n").map((line) => JSON.parse(line));
  for (const { response } of results) {
    const whole = Buffer.from(await (await videos.downloadContent(response.body.id)).arrayBuffer());
    assert.equal(whole.toString("latin1", 4, 8), "ftyp");
  }
});

row("videos.characters", async (at) => {
  const { videos } = at.client();
  const film = await ended(videos, await videos.create({ prompt: "a small striped red ball falls", ...SMALL }));
  const whole = Buffer.from(await (await videos.downloadContent(film.id)).arrayBuffer());
  const made = await videos.createCharacter({ name: "Zuzu", video: await toFile(whole, "film.mp4") });
  assert.equal((await videos.getCharacter(made.id)).name, "Zuzu");
  const other = await videos.create({ prompt: "Zuzu bounces", ...SMALL });
  assert.deepEqual(other.characters, [made.id]);
});

row("videos.refused", async (at) => {
  const { videos } = at.client();
  await throws(OpenAI.BadRequestError, { param: "prompt" }, () => videos.create({ prompt: "a dragon" }));
  await throws(OpenAI.BadRequestError, { param: "size" }, () => videos.create({ prompt: "a ball", size: "1x1" }));
});
