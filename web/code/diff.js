// A unified diff as people read it: the files, the lines with their numbers, and what changed within a line.
import { h } from "../ground/dom.js";
import { t } from "../ground/words.js";

/** @typedef {{ sign: " " | "+" | "-", text: string, old: number | null, now: number | null }} Line */
/** @typedef {{ path: string, isNew: boolean, hunks: Line[][] }} File */

/** Lines that are longer are not compared sign by sign. */
const COMPARED_MAX = 400;

/** @param {string} text */
export function diff(text) {
  return h("div", { class: "diffs" }, read(text).map(file));
}

/**
 * The files of a unified diff.
 * @param {string} text
 */
export function read(text) {
  /** @type {File[]} */
  const files = [];
  let [old, now, oldLeft, nowLeft, isNew] = [0, 0, 0, 0, false];
  for (const line of text.replace(/\n$/, "").split("\n")) {
    const last = files[files.length - 1];
    const hunk = last?.hunks[last.hunks.length - 1];
    if (hunk && (oldLeft > 0 || nowLeft > 0) && " +-".includes(line[0] ?? " ")) {
      const sign = /** @type {" " | "+" | "-"} */ (line[0] ?? " ");
      hunk.push({ sign, text: line.slice(1), old: sign === "+" ? null : old, now: sign === "-" ? null : now });
      if (sign !== "+") (old += 1), (oldLeft -= 1);
      if (sign !== "-") (now += 1), (nowLeft -= 1);
      continue;
    }
    const place = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (line.startsWith("--- ")) isNew = line === "--- /dev/null";
    else if (line.startsWith("+++ ")) files.push({ path: line.slice(4).replace(/^b\//, ""), isNew, hunks: [] });
    else if (place) {
      [old, now] = [Number(place[1]), Number(place[3])];
      [oldLeft, nowLeft] = [Number(place[2] ?? 1), Number(place[4] ?? 1)];
      last?.hunks.push([]);
    }
  }
  return files;
}

/** The text of a file that a diff makes. @param {File} made */
export function textOf(made) {
  return made.hunks.flat().map((line) => `${line.text}\n`).join("");
}

/** @param {File} shown */
function file(shown) {
  const all = shown.hunks.flat();
  const count = (/** @type {string} */ sign) => all.filter((line) => line.sign === sign).length;
  const head = h("figcaption", null, h("span", null, shown.path), h("small", { class: "is-new" }, `+${count("+")}`), h("small", { class: "is-gone" }, `−${count("-")}`));
  const body = shown.hunks.map((hunk, at) => [at > 0 && h("span", { class: "gap", "aria-hidden": "true" }, "⋯\n"), ...lines(hunk)]);
  return h("figure", { class: "source" }, head, h("pre", { tabindex: "0", "aria-label": t("diff-of", { file: shown.path }) }, body.flat()));
}

/** @param {Line[]} hunk */
function lines(hunk) {
  return hunk.map((line, at) => {
    const other = partner(hunk, at);
    const name = line.sign === "+" ? "is-new" : line.sign === "-" ? "is-gone" : "";
    const number = line.sign === "-" ? line.old : line.now;
    return h("span", { class: name }, h("i", { "aria-hidden": "true" }, number ?? ""), h("b", null, `${line.sign} `), other ? changed(line.text, other.text) : line.text, "\n");
  });
}

/**
 * The line that stands in the place of another, where one was changed into one.
 * @param {Line[]} hunk
 * @param {number} at
 */
function partner(hunk, at) {
  const sign = hunk[at]?.sign;
  if (sign === " ") return null;
  const first = sign === "+" ? at - 1 : at;
  const [gone, come] = [hunk[first], hunk[first + 1]];
  const isPair = gone?.sign === "-" && come?.sign === "+" && hunk[first - 1]?.sign !== "-" && hunk[first + 2]?.sign !== "+";
  return isPair ? (sign === "+" ? gone : come) : null;
}

/**
 * A line with what differs from another marked.
 * @param {string} text
 * @param {string} other
 */
function changed(text, other) {
  const least = Math.min(text.length, other.length);
  if (text.length > COMPARED_MAX || other.length > COMPARED_MAX) return text;
  let start = 0;
  while (start < least && text[start] === other[start]) start += 1;
  let end = 0;
  while (end < least - start && text[text.length - 1 - end] === other[other.length - 1 - end]) end += 1;
  const middle = text.slice(start, text.length - end);
  // Where nearly all differs, marks say nothing.
  if (start + end < text.trim().length / 3) return text;
  return [text.slice(0, start), middle && h("mark", null, middle), text.slice(text.length - end)];
}
