// Chats in which words were found, as rows of the palette: each once, with the words marked where they stand best.
import { openTurn } from "../chat/commands.js";
import { ask } from "../ground/api.js";
import { h } from "../ground/dom.js";
import { t } from "../ground/words.js";

/** @typedef {import("./palette.js").Entry} Entry */
/**
 * @typedef {{
 *   chat: string, title: string | null, turn: string | null, created_at: string, place: "title" | "question" | "answer" | "file",
 *   file: string | null, excerpt: string, more: number,
 * }} Row
 */

const FOUND_MAX = 20;

/**
 * The chats in which all words of a text stand.
 * @param {string} text
 * @param {(row: Row, title: string) => void} within What shows all turns of a chat in which they stand.
 * @returns {Promise<Entry[]>}
 */
export async function found(text, within) {
  /** @type {Row[]} */
  const rows = (await ask("GET", `/api/chats/search?limit=${FOUND_MAX}&q=${encodeURIComponent(text)}`)).data;
  return rows.map((row) => {
    const title = row.title ?? t("untitled");
    const act = () => openTurn(row.chat, row.turn);
    const more = row.more > 0 ? { label: t("found-more", { count: row.more }), act: () => within(row, title) } : undefined;
    return { label: title, words: marked(title, text), excerpt: excerpt(row, text), icon: row.place === "file" ? "file" : "note", act, chat: row.chat, more };
  });
}

/**
 * Each turn of a chat in which the words stand.
 * @param {string} text
 * @param {Row} of
 * @returns {Promise<Entry[]>}
 */
export async function foundWithin(text, of) {
  /** @type {Row[]} */
  const rows = (await ask("GET", `/api/chats/search?limit=100&chat=${of.chat}&q=${encodeURIComponent(text)}`)).data;
  return rows.map((row) => ({ label: row.excerpt, words: marked(row.excerpt, text), about: who(row), icon: row.place === "file" ? "file" : "note", act: () => openTurn(row.chat, row.turn) }));
}

/**
 * @param {Row} row
 * @param {string} text
 */
function excerpt(row, text) {
  return row.turn === null ? undefined : [h("b", null, `${who(row)}: `), ...marked(row.excerpt, text)];
}

/** @param {Row} row */
function who(row) {
  return row.place === "file" ? t("found-file", { name: row.file ?? "" }) : t(`found-${row.place}`);
}

/**
 * A text in which the words that are looked for are marked.
 * @param {string} text
 * @param {string} sought
 * @returns {(Node | string)[]}
 */
export function marked(text, sought) {
  const words = sought.split(/\s+/).filter(Boolean).sort((one, other) => other.length - one.length);
  if (words.length === 0) return [text];
  const any = new RegExp(`(${words.map((word) => word.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|")})`, "giu");
  return text.split(any).map((part, at) => (at % 2 ? h("mark", null, part) : part)).filter((part) => part !== "");
}
