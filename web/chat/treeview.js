// The whole tree of a chat. What follows straight stands below; what branches is moved in.
import { dialog } from "../ground/dialog.js";
import { h } from "../ground/dom.js";
import { moment } from "../ground/when.js";
import { t } from "../ground/words.js";
import { askedText } from "./tree.js";

/** @typedef {import("./room.js").Room} Room */

const INDENTS_MAX = 8;

/** @param {Room} room */
export function openTree(room) {
  dialog({ title: t("tree"), kind: "sheet" }, (close) => {
    const shown = new Set(room.path().map((turn) => turn.id));
    const choose = (/** @type {string} */ id) => {
      close();
      room.choose(id);
    };
    const list = h("ol", { class: "tree" });
    /** @type {[string | null, number][]} */
    const open = [[null, 0]];
    while (open.length) {
      const [at, indent] = /** @type {[string | null, number]} */ (open.pop());
      if (at !== null) list.append(row(room, at, indent, shown.has(at), choose));
      const below = room.tree.below.get(at ?? "") ?? [];
      const deeper = below.length > 1 ? Math.min(indent + 1, INDENTS_MAX) : indent;
      for (const id of [...below].reverse()) open.push([id, deeper]);
    }
    return [h("p", { class: "faint" }, t("tree-about")), list];
  });
}

/**
 * @param {Room} room
 * @param {string} id
 * @param {number} indent
 * @param {boolean} isShown
 * @param {(id: string) => void} choose
 */
function row(room, id, indent, isShown, choose) {
  const turn = /** @type {import("./tree.js").Turn} */ (room.tree.turns.get(id));
  const text = askedText(turn).slice(0, 120) || t("untitled");
  const act = () => choose(id);
  const button = h("button", { type: "button", onclick: act, "aria-current": isShown ? "true" : undefined }, h("span", null, text), h("small", null, `${turn.model ?? ""} · ${moment(turn.created_at)}`));
  return h("li", { vars: { "--indent": indent } }, button);
}
