// What came of a repair.
import { fill, h } from "../ground/dom.js";
import { count } from "../ground/when.js";
import { t } from "../ground/words.js";
import { diff } from "./diff.js";
import { heat } from "./heat.js";
import { acts, save } from "./patch.js";
import { headline } from "./run.js";

/** @typedef {import("../activity/jobs.js").Job} Job */
/** @typedef {import("./patch.js").Patch} Patch */

/**
 * @param {Job} job
 * @param {any} result
 */
export function repaired(job, result) {
  // How fast it was is of the search alone; the tests before and after it take their time, too.
  const searched = result.search_seconds ?? result.seconds;
  const facts = t("repair-facts", { tried: count(result.tried), seconds: seconds(searched), speed: count(result.per_second), all: seconds(result.seconds) });
  if (result.outcome === "no_failing_test") return [headline("done", t("repair-none-fails", { tests: result.tests }), t("repair-none-hint"))];
  const hindered = result.hindered?.length ? h("details", { open: result.outcome === "only_hindered" }, h("summary", null, t("repair-hindered", { count: result.hindered.length })), h("ul", { class: "failing" }, result.hindered.map(withheld))) : null;
  if (result.outcome === "only_hindered") return [headline("warn", t("repair-only-hindered"), t("repair-only-hindered-hint")), hindered];
  const failing = h("details", null, h("summary", null, t("repair-failing", { failing: result.failing.length, tests: result.tests })), h("ul", { class: "failing" }, result.failing.map(failed)));
  const suspected = result.heat?.length ? h("details", null, h("summary", null, t("repair-heat")), heat(result.heat)) : null;
  if (!result.patches.length) return [headline("warn", t("repair-not-found"), `${t("repair-not-found-hint")} ${facts}`), failing, hindered, suspected];
  return [headline("done", t("repair-found", { tests: result.tests }), facts), patches(job, result.patches), failing, hindered, suspected];
}

/** @param {{ name: string, by: string, message: string }} one */
function withheld({ name, by, message }) {
  return h("li", null, h("code", null, name), h("small", null, `${t(`withheld-${by}`)} · ${message}`));
}

/** A time in words that are short. @param {number} time */
function seconds(time) {
  return count(time < 10 ? Math.max(0.1, Math.round(time * 10) / 10) : Math.round(time));
}

/** @param {[string, string]} one */
function failed([name, message]) {
  return h("li", null, h("code", null, name), h("small", null, message));
}

/**
 * @param {Job} job
 * @param {Patch[]} all
 */
function patches(job, all) {
  const body = h("div", { class: "patch" });
  const show = (/** @type {number} */ at) => {
    const patch = /** @type {Patch} */ (all[at]);
    const words = {
      apply: t("patch-apply"),
      applied: t("patch-is-applied"),
      about: all.length === 1 ? t("patch-alone") : t("patch-weight", { percent: Math.round(patch.confidence * 100) }),
      explained: t("patch-weight-about"),
      stale: t("patch-stale"),
      save: () => save("freehold.patch", patch.diff, "text/x-diff"),
    };
    fill(body, diff(patch.diff), acts(job.id, at, patch, words));
  };
  const first = Math.max(0, all.findIndex((patch) => patch.standing === "applied"));
  show(first);
  if (all.length === 1) return body;
  const options = all.map((_, at) => h("label", null, h("input", { type: "radio", name: `patch-${job.id}`, checked: at === first, onchange: () => show(at) }), h("span", null, t(at === 0 ? "patch-best" : "patch-other"))));
  return h("div", { class: "patch" }, h("div", { class: "segments", role: "radiogroup", "aria-label": t("patches") }, options), body);
}
