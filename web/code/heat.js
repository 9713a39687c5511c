// Source with its suspicious lines: the more suspicious, the warmer.
import { h } from "../ground/dom.js";
import { t } from "../ground/words.js";

/** @typedef {{ path: string, text: string, lines: [number, number][] }} Warm */

/** @param {Warm[]} files */
export function heat(files) {
  return h("div", { class: "heat" }, files.map(file));
}

/** @param {Warm} warm */
function file(warm) {
  const suspicion = new Map(warm.lines);
  const lines = warm.text.replace(/\n$/, "").split("\n").map((text, at) => {
    const value = suspicion.get(at + 1) ?? 0;
    const about = value ? t("suspicion", { line: at + 1, percent: Math.round(value * 100) }) : undefined;
    return h("span", { class: value ? "is-warm" : "", title: about, vars: { "--heat": value } }, h("i", { "aria-hidden": "true" }, at + 1), about && h("span", { class: "out-of-sight" }, `${about}: `), `${text}\n`);
  });
  return h("figure", null, h("figcaption", null, warm.path), h("pre", { tabindex: "0" }, lines));
}
