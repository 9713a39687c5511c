// A unified diff, line by line.
import { h } from "../ground/dom.js";

/** @param {string} text */
export function diff(text) {
  const lines = text.replace(/\n$/, "").split("\n").map((line) => h("span", { class: kind(line) }, `${line}\n`));
  return h("pre", { class: "diff", tabindex: "0" }, lines);
}

/** @param {string} line */
function kind(line) {
  if (line.startsWith("+++") || line.startsWith("---")) return "is-file";
  if (line.startsWith("@@")) return "is-place";
  if (line.startsWith("+")) return "is-new";
  return line.startsWith("-") ? "is-gone" : "";
}
