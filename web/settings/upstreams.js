// Servers that run further models, and how they do.
import { ask, told } from "../ground/api.js";
import { fill, h } from "../ground/dom.js";
import { fold } from "../ground/errors.js";
import { count } from "../ground/when.js";
import { t } from "../ground/words.js";

/**
 * @typedef {{
 *   name: string, base_url: string, condition: "healthy" | "down" | "ejected" | "on_trial", reason: string | null,
 *   models: string[], in_flight: number, sent: number, failed: number, first_byte: { p50_ms: number } | null,
 * }} Upstream
 */

export function upstreams() {
  const list = h("ul", { class: "rows" });
  const load = async () => {
    try {
      /** @type {Upstream[]} */
      const all = (await ask("GET", "/api/upstreams")).data;
      fill(list, all.length ? all.map(row) : h("li", { class: "faint" }, t("no-upstreams")));
    } catch (error) {
      fill(list, h("li", { class: "faint" }, told(error)));
    }
  };
  load();
  return [h("p", { class: "faint" }, t("upstreams-about")), list, h("button", { class: "plain", type: "button", onclick: load }, t("look-again"))];
}

/** @param {Upstream} upstream */
function row(upstream) {
  const speed = upstream.first_byte ? t("upstream-first", { ms: count(Math.round(upstream.first_byte.p50_ms)) }) : null;
  const about = [upstream.base_url, upstream.models.join(", "), t("upstream-sent", { sent: count(upstream.sent), failed: count(upstream.failed) }), speed].filter(Boolean);
  return h("li", null, h("span", null, upstream.name, h("small", null, about.join(" · ")), upstream.reason && h("small", null, fold(upstream.reason))), h("span", { class: `state ${upstream.condition === "healthy" ? "is-good" : "wrong"}` }, t(`upstream-${upstream.condition.replace("_", "-")}`)));
}
