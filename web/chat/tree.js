// A chat is a tree of turns. Nothing here knows the page or the server.

/** @typedef {{ type: string, id?: string, role?: string, content?: any[], [key: string]: any }} Item */
/**
 * @typedef {{
 *   id: string, after: string | null, again: string | null, created_at: string, status: string, model: string | null,
 *   input: Item[], output: Item[], usage: any, error: any, timings: any, forgotten?: number,
 * }} Turn
 */

export class Tree {
  /** @param {Turn[]} turns The oldest first. */
  constructor(turns) {
    /** @type {Map<string, Turn>} */
    this.turns = new Map();
    /** @type {Map<string, string[]>} */
    this.below = new Map();
    for (const turn of turns) this.add(turn);
  }

  /** @param {Turn} turn */
  add(turn) {
    const isNew = !this.turns.has(turn.id);
    this.turns.set(turn.id, turn);
    if (!isNew) return;
    const key = turn.after ?? "";
    const below = this.below.get(key);
    if (below) below.push(turn.id);
    else this.below.set(key, [turn.id]);
  }

  /** The turns from the first to `leaf`. @param {string | null} leaf @returns {Turn[]} */
  path(leaf) {
    const path = [];
    const seen = new Set();
    let turn = leaf === null ? undefined : this.turns.get(leaf);
    while (turn && !seen.has(turn.id)) {
      seen.add(turn.id);
      path.push(turn);
      turn = turn.after === null ? undefined : this.turns.get(turn.after);
    }
    return path.reverse();
  }

  /** The newest end of what follows a turn. @param {string | null} from @returns {string | null} */
  leaf(from) {
    let at = from;
    for (let steps = 0; steps <= this.turns.size; steps += 1) {
      const next = this.below.get(at ?? "")?.at(-1);
      if (next === undefined) return at;
      at = next;
    }
    return at;
  }

  /** All turns that follow the same one as `turn` does. @param {Turn} turn @returns {Turn[]} */
  beside(turn) {
    const ids = this.below.get(turn.after ?? "") ?? [];
    return ids.map((id) => /** @type {Turn} */ (this.turns.get(id)));
  }

  /** Turns that answer the same question. @param {Turn} turn @returns {Turn[]} */
  answers(turn) {
    const first = turn.again ?? turn.id;
    return this.beside(turn).filter((other) => (other.again ?? other.id) === first);
  }

  /** One turn for each other question in this place. @param {Turn} turn @returns {Turn[]} */
  questions(turn) {
    /** @type {Map<string, Turn>} */
    const byQuestion = new Map();
    for (const other of this.beside(turn)) byQuestion.set(other.again ?? other.id, other);
    byQuestion.set(turn.again ?? turn.id, turn);
    return [...byQuestion.values()];
  }
}

/** What somebody wrote, without what they attached. @param {Turn} turn */
export function askedText(turn) {
  return partsOf(turn.input).filter((part) => !part.filename && typeof part.text === "string").map((part) => part.text).join("\n");
}

/** What was attached. @param {Turn} turn @returns {{ type: string, filename: string, text?: string, image_url?: string, pages?: number, words?: number }[]} */
export function attached(turn) {
  return partsOf(turn.input).filter((part) => part.filename);
}

/** What was said. @param {Turn} turn */
export function saidText(turn) {
  return partsOf(turn.output.filter((item) => item.type === "message")).map((part) => part.text ?? part.refusal ?? "").join("\n\n");
}

/** @param {Item[]} items @returns {any[]} */
function partsOf(items) {
  return items.flatMap((item) => (Array.isArray(item.content) ? item.content : typeof item.content === "string" ? [{ type: "input_text", text: item.content }] : []));
}

/** Whether an answer is still being made. @param {Turn} turn */
export function isRunning(turn) {
  return turn.status === "queued" || turn.status === "in_progress";
}
