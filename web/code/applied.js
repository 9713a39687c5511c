// What was changed in a folder and can be taken back: every patch for itself, whatever came after it.
import { ask, told } from "../ground/api.js";
import { arrange, fill, h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { notice } from "../ground/notice.js";
import { moment } from "../ground/when.js";
import { t } from "../ground/words.js";
import { diff } from "./diff.js";

/** @typedef {{ id: string, kind: "repair" | "tests", applied_at: string, files: string[], diff: string, is_free: boolean }} Applied */

/** Told when a patch was applied or taken back. */
export const PATCHED = "freehold:patched";

/**
 * @param {string} path The folder's address.
 * @param {() => void} undone
 */
export function applied(path, undone) {
  const list = h("ul", { class: "applied" });
  const title = h("h3", { tabindex: "-1" }, t("applied"));
  const element = h("section", { class: "run", hidden: true, "aria-label": t("applied") }, h("header", null, title), list);
  /** @type {Map<string, ReturnType<typeof row>>} */
  const rows = new Map();
  const load = async () => {
    /** @type {Applied[]} */
    let all;
    try {
      all = (await ask("GET", `${path}/applied`)).data;
    } catch {
      // What is known is shown.
      return;
    }
    for (const id of rows.keys()) if (!all.some((one) => one.id === id)) rows.delete(id);
    const wanted = all.map((one) => {
      let known = rows.get(one.id);
      if (!known) rows.set(one.id, (known = row(one, () => back(one))));
      known.set(one);
      return known.element;
    });
    const hadFocus = list.contains(document.activeElement);
    arrange(list, wanted);
    element.hidden = all.length === 0;
    if (hadFocus && !list.contains(document.activeElement)) title.focus();
  };
  const back = async (/** @type {Applied} */ one) => {
    try {
      const { files } = await ask("POST", `${path}/applied/${one.id}/undo`);
      notice(t("patch-undone", { files: files.join(", ") }));
      undone();
    } catch (error) {
      notice(told(error));
    }
    load();
  };
  return { element, load };
}

/**
 * @param {Applied} first
 * @param {() => void} back
 */
function row(first, back) {
  const files = first.files.join(", ");
  const name = t(`applied-${first.kind}`, { files });
  const source = h("div");
  const shown = h("details", { class: "applied-diff" }, h("summary", null, t("applied-show")), source);
  shown.addEventListener("toggle", () => shown.open && !source.children.length && fill(source, diff(first.diff)));
  const undo = h("button", { class: "plain", type: "button", "aria-label": `${t("undo")}: ${name}`, onclick: back }, icon("undo"), t("undo"));
  const about = h("small");
  const element = h("li", null, icon(first.kind === "tests" ? "file" : "tool"), h("div", null, h("b", null, name), about), undo, shown);
  const set = (/** @type {Applied} */ one) => {
    const words = [moment(one.applied_at), one.is_free ? "" : t("applied-covered")].filter(Boolean).join(" · ");
    if (about.textContent !== words) fill(about, words);
  };
  set(first);
  return { element, set };
}
