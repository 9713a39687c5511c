// The official Node SDK over every row of the API, against a server at FREEHOLD_URL.
// Words after the program's name choose cases by the beginnings of their names.

import OpenAI from "openai";

import { run } from "./cases.mjs";
import "./chat.mjs";
import "./responses.mjs";
import "./stored.mjs";
import "./texts.mjs";
import "./videos.mjs";
import "./webhooks.mjs";

const url = `${process.env.FREEHOLD_URL}/v1`;
const at = {
  script: "script",
  tiny: "tiny",
  url: process.env.FREEHOLD_URL,
  client: (options = {}) =>
    new OpenAI({
      baseURL: url,
      apiKey: process.env.FREEHOLD_KEY ?? "none",
      maxRetries: 0,
      timeout: 30_000,
      ...options,
    }),
};
process.exitCode = (await run("node", at, process.argv.slice(2))) ? 0 : 1;
