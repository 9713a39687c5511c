// How fast a model is here, beside what this machine allows: two bars, and the same in words.
import { h } from "../ground/dom.js";
import { count, moment, size } from "../ground/when.js";
import { t } from "../ground/words.js";

/** @typedef {{ tokens_per_second: number, limit_tokens_per_second: number }} Speed */
/**
 * @typedef {{
 *   prefill: Speed, decode: Speed, bytes_per_token: number, machine_bytes_per_second: number, machine_flops: number,
 *   threads: number, measured_at: string,
 * }} Measured
 */

/** @param {Measured} measured */
export function speedChart(measured) {
  const { decode, prefill } = measured;
  const why = t("speed-why", { bytes: size(measured.bytes_per_token), bandwidth: size(measured.machine_bytes_per_second) });
  return h(
    "figure",
    { class: "speed" },
    bar(t("speed-decode"), decode),
    bar(t("speed-prefill"), prefill),
    h(
      "figcaption",
      null,
      why,
      " ",
      t("speed-matrix", { flops: count(Math.round(measured.machine_flops / 1e9)) }),
      h("small", null, t("speed-when", { when: moment(measured.measured_at), threads: measured.threads })),
    ),
  );
}

/**
 * @param {string} name
 * @param {Speed} speed
 */
function bar(name, { tokens_per_second: rate, limit_tokens_per_second: limit }) {
  const share = limit > 0 ? Math.min(1, rate / limit) : 0;
  const percent = Math.round(share * 100);
  const values = { rate: count(round(rate)), limit: count(round(limit)), percent };
  return h(
    "div",
    { class: "speed-row", role: "img", "aria-label": `${name}: ${t("speed-told", values)}` },
    h("span", null, name),
    h("div", { class: "speed-track" }, h("span", { vars: { "--share": share } })),
    h("span", { class: "speed-value" }, h("b", null, values.rate), h("small", null, t("speed-of", values))),
  );
}

/** Slow ones are told more exactly. @param {number} rate */
function round(rate) {
  return rate < 20 ? Math.round(rate * 10) / 10 : Math.round(rate);
}
