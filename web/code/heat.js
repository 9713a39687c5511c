// Source with its suspicious lines: the more suspicious, the warmer. What is far from all of them is left out.
import { h } from "../ground/dom.js";
import { t } from "../ground/words.js";

/** @typedef {{ path: string, text: string | null, lines: [number, number][] }} Warm */

/** Lines around a suspicious one. */
const AROUND = 3;

/** @param {Warm[]} files */
export function heat(files) {
  return h("div", { class: "heat" }, files.map(file));
}

/** @param {Warm} warm */
function file(warm) {
  const suspicion = new Map(warm.lines);
  const all = (warm.text ?? "").replace(/\n$/, "").split("\n");
  const isNear = (/** @type {number} */ number) => warm.lines.some(([line]) => Math.abs(line - number) <= AROUND);
  /** @type {HTMLElement[]} */
  const shown = [];
  let wasShown = true;
  all.forEach((text, at) => {
    const number = at + 1;
    const isShown = isNear(number);
    if (isShown && !wasShown) shown.push(h("span", { class: "gap", "aria-hidden": "true" }, "⋯\n"));
    wasShown = isShown;
    if (isShown) shown.push(line(number, text, suspicion.get(number) ?? 0));
  });
  const source = h("pre", { tabindex: "0", "aria-label": t("heat-of", { file: warm.path }) }, shown);
  seen(source, () => {
    const warmest = shown.reduce((best, one) => (heatOf(one) > heatOf(best) ? one : best), source);
    source.scrollTop = /** @type {HTMLElement} */ (warmest).offsetTop - source.clientHeight / 2;
  });
  return h("figure", { class: "source" }, h("figcaption", null, h("span", null, warm.path)), source);
}

/** @param {Node} one */
function heatOf(one) {
  return Number(/** @type {HTMLElement} */ (one).style.getPropertyValue("--heat"));
}

/**
 * Does something once an element is seen for the first time.
 * @param {Element} element
 * @param {() => void} work
 */
function seen(element, work) {
  const watch = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watch.disconnect();
    work();
  });
  watch.observe(element);
}

/**
 * @param {number} number
 * @param {string} text
 * @param {number} value
 */
function line(number, text, value) {
  const about = value ? t("suspicion", { line: number, percent: Math.round(value * 100) }) : undefined;
  return h("span", { class: value ? "is-warm" : "", title: about, vars: { "--heat": value } }, h("i", { "aria-hidden": "true" }, number), about && h("span", { class: "out-of-sight" }, `${about}: `), `${text}\n`);
}
