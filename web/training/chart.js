// Curves of losses over steps: lines for what is learnt from, points for what is held out. The same in words.
import { h } from "../ground/dom.js";
import { count } from "../ground/when.js";
import { t } from "../ground/words.js";

/** @typedef {{ name: string, at: number, stage: import("./page.js").Stage }} Run */
/** @typedef {{ x: (step: number) => number, y: (loss: number) => number, steps: number, low: number, high: number }} Scale */

const WIDTH = 720;
const HEIGHT = 260;
const LEFT = 44;
const BOTTOM = 26;
const TOP = 10;

/** The share of the largest losses, those of the first steps, that may lie beyond the edge. */
const BEYOND = 0.03;

/** @param {Run[]} runs */
export function chart(runs) {
  const scale = scaled(runs);
  const lines = runs.flatMap((run) => [curve(run, scale), ...points(run, scale)]);
  const words = runs.map(inWords).join(" ");
  return h(
    "figure",
    { class: "chart" },
    s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${t("training-chart")} ${words}` }, ...grid(scale), ...lines),
    h("figcaption", null, runs.map((run) => h("span", null, h("i", { class: `dot is-${run.at}`, "aria-hidden": "true" }), inWords(run)))),
  );
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...(Node | string)} children
 */
function s(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** @param {Run[]} runs @returns {Scale} */
function scaled(runs) {
  const losses = runs.flatMap(({ stage }) => [...stage.loss, ...stage.measured.map((one) => one.loss)]).filter(Number.isFinite).sort((a, b) => a - b);
  const steps = Math.max(1, ...runs.map(({ stage }) => stage.steps.at(-1) ?? 1));
  const low = Math.min(losses[0] ?? 0, 0.9 * (losses[0] ?? 0));
  const high = Math.max(losses[Math.floor((losses.length - 1) * (1 - BEYOND))] ?? 1, low + 1e-6);
  const x = (/** @type {number} */ step) => LEFT + ((WIDTH - LEFT - 8) * step) / steps;
  const y = (/** @type {number} */ loss) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - (Math.min(loss, high) - low) / (high - low));
  return { x, y, steps, low, high };
}

/** @param {Scale} scale */
function grid(scale) {
  const lines = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => {
    const loss = scale.low + share * (scale.high - scale.low);
    const y = scale.y(loss);
    return [s("line", { x1: LEFT, x2: WIDTH - 8, y1: y, y2: y, class: "grid" }), s("text", { x: LEFT - 8, y: y + 4, "text-anchor": "end" }, loss.toPrecision(2))];
  });
  const steps = [0.25, 0.5, 0.75, 1].map((share) => s("text", { x: scale.x(share * scale.steps), y: HEIGHT - 6, "text-anchor": share === 1 ? "end" : "middle" }, count(Math.round(share * scale.steps))));
  return [...lines, ...steps];
}

/** @param {Run} run @param {Scale} scale */
function curve({ at, stage }, { x, y }) {
  const places = stage.steps.map((step, n) => `${x(step).toFixed(1)},${y(stage.loss[n] ?? 0).toFixed(1)}`);
  return s("polyline", { points: places.join(" "), class: `line is-${at}` });
}

/** @param {Run} run @param {Scale} scale */
function points({ at, stage }, { x, y }) {
  return stage.measured.map((one) => {
    const title = s("title", {}, t("training-measured", { data: one.data, step: count(one.step), loss: one.loss.toFixed(3) }));
    return s("circle", { cx: x(one.step).toFixed(1), cy: y(one.loss).toFixed(1), r: 4, class: `point is-${at}` }, title);
  });
}

/** @param {Run} run */
function inWords({ name, stage }) {
  const last = stage.measured.at(-1);
  const values = { name, steps: count(stage.steps.at(-1) ?? 0), loss: (stage.loss.at(-1) ?? 0).toFixed(3) };
  return last ? t("training-told-measured", { ...values, data: last.data, measured: last.loss.toFixed(3) }) : t("training-told", values);
}
