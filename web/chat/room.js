// A chat that is open: what is known of it, and what is asked in it. The page looks on.
import { ask, events, Refusal, send } from "../ground/api.js";
import { go } from "../ground/route.js";
import { app, taste } from "../ground/state.js";
import { t } from "../ground/words.js";
import { begun, isLast, take } from "./answer.js";
import { refresh, tell } from "./history.js";
import { isRunning, Tree } from "./tree.js";

/** @typedef {import("./tree.js").Turn} Turn */
/** @typedef {import("./tree.js").Item} Item */
/** @typedef {import("../ground/state.js").Chat} Chat */
/** @typedef {{ path: () => void, turn: (turn: Turn) => void, chat: () => void }} Onlooker */

const TRIES = 8;

/** When it is looked for a title, each after the last time. */
const TITLE_WAITS_MS = [700, 1500, 3000, 6000];

export class Room {
  /**
   * @param {string | null} id
   * @param {Onlooker} onlooker
   */
  constructor(id, onlooker) {
    this.id = id;
    this.onlooker = onlooker;
    this.tree = new Tree([]);
    /** @type {string | null} */
    this.leaf = null;
    this.isTemporary = false;
    /** What a new chat begins with. @type {Pick<Chat, "model" | "instructions" | "settings" | "title" | "pinned">} */
    this.about = { model: usualModel(), instructions: null, settings: {}, title: null, pinned: false };
    /** Streams that are listened to, by turn. @type {Map<string, AbortController>} */
    this.heard = new Map();
    this.isLeft = false;
  }

  /** Loads the chat, and goes on listening to answers that are being made. */
  async load() {
    if (this.id === null) return;
    const chat = await ask("GET", `/api/chats/${this.id}`);
    if (this.isLeft) return;
    this.about = chat;
    for (const turn of chat.turns) {
      // What is heard is newer than what is kept.
      if (!this.heard.has(turn.id)) this.tree.add(turn);
    }
    const known = chat.active !== null && this.tree.turns.has(chat.active);
    this.leaf ??= known ? chat.active : this.tree.leaf(null);
    this.onlooker.chat();
    this.onlooker.path();
    for (const turn of chat.turns) if (isRunning(turn)) this.listen(turn);
  }

  /** Another tab changed it. */
  async reload() {
    if (this.id === null) return;
    const before = this.leaf;
    const chat = await ask("GET", `/api/chats/${this.id}`);
    if (this.isLeft) return;
    this.about = chat;
    const fresh = chat.turns.filter((/** @type {Turn} */ turn) => !this.tree.turns.has(turn.id));
    for (const turn of fresh) this.tree.add(turn);
    // What follows what is shown is shown as well.
    if (fresh.some((/** @type {Turn} */ turn) => turn.after === before)) this.leaf = this.tree.leaf(before);
    this.onlooker.chat();
    this.onlooker.path();
    for (const turn of fresh) if (isRunning(turn)) this.listen(turn);
  }

  leave() {
    this.isLeft = true;
    for (const stream of this.heard.values()) stream.abort();
  }

  /** @returns {Turn[]} */
  path() {
    return this.tree.path(this.leaf);
  }

  /** The answer that is being made at the end of what is shown. */
  running() {
    const last = this.leaf === null ? undefined : this.tree.turns.get(this.leaf);
    return last && isRunning(last) ? last : undefined;
  }

  /** Shows the branch of a turn. @param {string} id */
  choose(id) {
    this.leaf = this.tree.leaf(id);
    this.onlooker.path();
    if (this.id !== null) ask("PATCH", `/api/chats/${this.id}`, { active: this.leaf }).catch(() => {});
  }

  /** @param {Partial<Chat>} change */
  async change(change) {
    Object.assign(this.about, change);
    if (change.model) taste.set("model", change.model);
    this.onlooker.chat();
    if (this.id === null) return;
    refresh(await ask("PATCH", `/api/chats/${this.id}`, change));
    tell(this.id);
  }

  /**
   * Asks, after a turn; resolves once the server has begun to answer.
   * @param {any[]} parts
   * @param {string | null} after
   */
  async ask(parts, after) {
    const input = [{ type: "message", role: "user", content: parts }];
    if (this.isTemporary) return this.askInPassing(input, after);
    await this.begin();
    const reply = await send("POST", `/api/chats/${this.id}/turns`, { input: parts, after, model: this.about.model ?? undefined });
    await this.opened(reply, input);
  }

  /** Asks the same once more. @param {Turn} turn */
  async again(turn) {
    if (this.isTemporary) return this.askInPassing(turn.input, turn.after, turn.again ?? turn.id);
    const reply = await send("POST", `/api/chats/${this.id}/turns`, { again: turn.id, model: this.about.model ?? undefined });
    await this.opened(reply, turn.input);
  }

  /** Makes the chat, where there is none yet. */
  async begin() {
    if (this.id !== null) return;
    const { model, instructions, settings } = this.about;
    const chat = await ask("POST", "/api/chats", { model, instructions, settings });
    this.id = chat.id;
    this.about = chat;
    go(`/chat/${chat.id}`, { replace: true, silent: true });
  }

  /**
   * Nothing of it is kept: all that was said before is sent along.
   * @param {Item[]} input
   * @param {string | null} after
   * @param {string | null} [again]
   */
  async askInPassing(input, after, again = null) {
    const { model, instructions, settings } = this.about;
    const before = this.tree.path(after).flatMap((turn) => [...turn.input, ...turn.output]);
    const { effort, ...rest } = settings;
    const body = { model, instructions, ...rest, reasoning: effort ? { effort } : undefined, input: [...before, ...input], store: false, stream: true };
    const stop = new AbortController();
    const reply = await send("POST", "/v1/responses", body, stop.signal);
    await this.opened(reply, input, { after, again, stop });
  }

  /**
   * @param {Response} reply
   * @param {Item[]} input
   * @param {{ after: string | null, again: string | null, stop: AbortController }} [passing]
   */
  async opened(reply, input, passing) {
    const stream = events(reply);
    const first = await stream.next();
    if (first.done || !first.value.response) throw new Refusal(0, "unknown", first.value?.message ?? t("offline"), null);
    const turn = { ...begun(first.value.response, input), ...(passing ? { after: passing.after, again: passing.again } : {}) };
    this.tree.add(turn);
    this.leaf = turn.id;
    this.onlooker.path();
    this.listen(turn, stream, passing?.stop);
    if (this.id !== null && !passing) {
      tell(this.id);
      this.look();
    }
  }

  /** Looks what the chat is called now. */
  async look() {
    try {
      this.named((await ask("GET", "/api/chats?limit=1")).data[0]);
    } catch {
      // It stays what it is.
    }
  }

  /** Models write titles after the first answer, if they are quick: it is looked for a while whether one did. */
  async lookForTitle() {
    const before = this.about.title;
    for (const wait of TITLE_WAITS_MS) {
      await new Promise((done) => setTimeout(done, wait));
      if (this.isLeft || this.about.title !== before) return;
      await this.look();
    }
  }

  /** @param {Chat | undefined} chat */
  named(chat) {
    if (!chat) return;
    refresh(chat);
    if (chat.id !== this.id) return;
    this.about = { ...this.about, title: chat.title, pinned: chat.pinned };
    this.onlooker.chat();
  }

  /**
   * Follows an answer to its end, over breaks of the line.
   * @param {Turn} turn
   * @param {AsyncGenerator<any>} [stream]
   * @param {AbortController} [stop]
   */
  async listen(turn, stream, stop) {
    if (this.heard.has(turn.id)) return;
    const control = stop ?? new AbortController();
    this.heard.set(turn.id, control);
    const clock = new Clock(stream !== undefined);
    let last = stream ? 0 : -1;
    for (let tries = 0; tries < TRIES && !this.isLeft; tries += 1) {
      try {
        stream ??= await this.resumed(turn, last, control.signal);
        for await (const event of stream) {
          last = event.sequence_number ?? last;
          tries = 0;
          clock.note(event);
          if (isLast(event)) turn.timings ??= clock.timings();
          if (take(turn, event)) this.onlooker.turn(turn);
          if (isLast(event)) return this.ended(turn);
        }
      } catch (error) {
        if (control.signal.aborted) break;
        if (error instanceof Refusal && error.status >= 400) {
          turn.status = "failed";
          turn.error = { code: error.code, message: error.message, hint: error.hint };
          break;
        }
      }
      stream = undefined;
      if (this.isTemporary) break;
      await new Promise((done) => setTimeout(done, Math.min(8000, 250 * 2 ** tries)));
    }
    if (isRunning(turn) && this.isTemporary) turn.status = control.signal.aborted ? "cancelled" : "failed";
    this.ended(turn);
  }

  /**
   * @param {Turn} turn
   * @param {number} last
   * @param {AbortSignal} signal
   */
  async resumed(turn, last, signal) {
    // From the beginning, what was heard before is made anew.
    if (last < 0) turn.output = [];
    const from = last < 0 ? "" : `?after=${last}`;
    return events(await send("GET", `/api/chats/${this.id}/turns/${turn.id}/events${from}`, undefined, signal));
  }

  /** @param {Turn} turn */
  ended(turn) {
    this.heard.delete(turn.id);
    if (turn.after === null && turn.again === null && !this.isTemporary) this.lookForTitle();
    if (!this.isLeft) this.onlooker.turn(turn);
  }

  async stop() {
    const turn = this.running();
    if (!turn) return;
    if (this.isTemporary) {
      this.heard.get(turn.id)?.abort();
      turn.status = "cancelled";
      this.onlooker.turn(turn);
    } else await ask("POST", `/api/chats/${this.id}/turns/${turn.id}/stop`, {});
  }
}

/** How long an answer takes, as far as it was heard from the beginning. */
class Clock {
  /** @param {boolean} isFromBeginning */
  constructor(isFromBeginning) {
    this.began = isFromBeginning ? performance.now() : null;
    /** @type {number | null} */
    this.first = null;
  }

  /** @param {any} event */
  note(event) {
    if (event.type.endsWith(".delta")) this.first ??= performance.now();
  }

  timings() {
    if (this.began === null || this.first === null) return null;
    return { first_ms: this.first - this.began, total_ms: performance.now() - this.began };
  }
}

/** The model that was chosen last, where it is still there. */
function usualModel() {
  const models = app.now.models ?? [];
  const last = taste.get("model");
  return models.find((model) => model.name === last)?.name ?? models[0]?.name ?? null;
}
