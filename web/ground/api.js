// Asks the server.
import { Refusal } from "./errors.js";
import { app } from "./state.js";
import { t } from "./words.js";

export { inWords, Refusal, told } from "./errors.js";

/** What is done when the server no longer knows who asks. @type {() => void} */
let onStranger = () => {};

/** @param {() => void} work */
export function whenStranger(work) {
  onStranger = work;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {AbortSignal} [signal]
 * @returns {Promise<Response>}
 */
export async function send(method, path, body, signal) {
  /** @type {Record<string, string>} */
  const headers = {};
  const csrf = app.now.who?.csrf;
  if (csrf) headers["x-csrf-token"] = csrf;
  const isFile = body instanceof Blob;
  // Of a form, the browser says where its parts end.
  const isForm = body instanceof FormData;
  if (body !== undefined && !isForm) headers["content-type"] = isFile ? body.type : "application/json";
  /** @type {Response} */
  let reply;
  try {
    reply = await fetch(path, { method, headers, body: body === undefined ? undefined : isFile || isForm ? body : JSON.stringify(body), signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    app.set({ isOnline: false });
    throw new Refusal(0, "offline", t("offline"), t("offline-hint"));
  }
  app.set({ isOnline: true });
  if (reply.ok) return reply;
  const refusal = await read(reply);
  // Who mistypes a password in between is still who they are.
  if (reply.status === 401 && app.now.who && refusal.code !== "wrong_password") onStranger();
  throw refusal;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function ask(method, path, body, signal) {
  return (await send(method, path, body, signal)).json();
}

/** @param {Response} reply */
async function read(reply) {
  /** @type {any} */
  let value = null;
  try {
    value = await reply.json();
  } catch {
    // Something in between answered.
  }
  const error = value?.error ?? {};
  const message = String(error.message ?? t("broken", { status: reply.status }));
  const wait = Number(reply.headers.get("retry-after")) || null;
  const more = { wait, action: error.action, rules: error.rules };
  return new Refusal(reply.status, error.code ?? error.type ?? "unknown", message, error.hint ?? null, more);
}

/**
 * The events of a stream, as they come.
 * @param {Response} reply
 * @returns {AsyncGenerator<any>}
 */
export async function* events(reply) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (reply.body).getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    let end;
    while ((end = text.indexOf("\n\n")) >= 0) {
      const event = text.slice(0, end);
      text = text.slice(end + 2);
      const data = event.split("\n").find((line) => line.startsWith("data: "));
      if (data && data !== "data: [DONE]") yield JSON.parse(data.slice(6));
    }
  }
}
