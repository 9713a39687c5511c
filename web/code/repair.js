// One repair: how it goes, and what came of it.
import { ask, inWords } from "../ground/api.js";
import { fill, h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { notice } from "../ground/notice.js";
import { count } from "../ground/when.js";
import { t } from "../ground/words.js";
import { diff } from "./diff.js";
import { heat } from "./heat.js";

/** @typedef {import("../activity/jobs.js").Job} Job */
/** @typedef {{ diff: string, confidence: number, operators: string[], files: { path: string, before: string, after: string }[] }} Patch */

/**
 * @param {Job} job
 * @param {() => void} refresh
 */
export function searching(job, refresh) {
  const told = job.progress?.told;
  const stop = async () => {
    try {
      await ask("POST", `/api/jobs/${job.id}/cancel`);
    } catch (error) {
      notice(inWords(error));
    }
    refresh();
  };
  const share = told?.spent ?? 0;
  const bar = h("div", { class: "bar", role: "progressbar", "aria-label": t("repair"), "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": told?.spent === undefined ? undefined : String(Math.round(share * 100)) }, h("span", { vars: { "--share": share } }));
  return h("div", { class: "repair" }, h("p", { role: "status" }, inProgress(told)), bar, h("div", { class: "row" }, h("button", { class: "plain", type: "button", onclick: stop }, icon("stop"), t("stop"))));
}

/** @param {any} told */
function inProgress(told) {
  if (!told) return t("repair-testing");
  if (told.step === "tested") return t("repair-tested", { failing: told.failing, tests: told.tests });
  if (told.step === "searching") {
    const state = told.plausible ? t("repair-plausible", { plausible: told.plausible }) : t("repair-best", { repaired: told.repaired, failing: told.failing });
    return `${t("repair-tried", { tried: count(told.tried), speed: count(told.per_second) })} · ${state}`;
  }
  return t(told.step === "confirming" ? "repair-confirming" : "repair-suspected");
}

/**
 * @param {Job} job
 * @param {{ undo: () => void, refresh: () => void }} acts
 */
export function found(job, acts) {
  if (job.state === "cancelled") return h("p", { class: "faint" }, t("repair-stopped"));
  if (job.state === "failed") return h("p", { class: "wrong" }, (job.error?.message ?? "").replace("\nhint: ", " · "));
  const result = job.result;
  const facts = t("repair-facts", { tried: count(result.tried), seconds: Math.max(1, Math.round(result.seconds)), speed: count(result.per_second) });
  if (result.outcome === "no_failing_test") return h("p", { class: "is-good" }, t("repair-none-fails", { tests: result.tests }));
  const failing = h("details", null, h("summary", null, t("repair-failing", { failing: result.failing.length, tests: result.tests })), h("ul", null, result.failing.map((/** @type {[string, string]} */ [name, message]) => h("li", null, h("code", null, name), h("small", null, message)))));
  const suspected = result.heat?.length ? h("details", null, h("summary", null, t("repair-heat")), heat(result.heat)) : null;
  if (!result.patches.length) return h("div", { class: "repair" }, h("p", { class: "wrong" }, t("repair-not-found")), h("p", { class: "faint" }, facts), failing, suspected);
  return h("div", { class: "repair" }, patches(job, result.patches, acts), h("p", { class: "faint" }, facts), failing, suspected);
}

/**
 * @param {Job} job
 * @param {Patch[]} all
 * @param {{ undo: () => void, refresh: () => void }} acts
 */
function patches(job, all, acts) {
  const body = h("div", { class: "patch" });
  const show = (/** @type {number} */ at) => {
    const patch = /** @type {Patch} */ (all[at]);
    const apply = h("button", { class: "main", type: "button" }, t("patch-apply"));
    apply.addEventListener("click", async () => {
      apply.disabled = true;
      try {
        await ask("POST", "/api/code/apply", { job: job.id, patch: at });
        notice(t("patch-applied", { files: patch.files.map((file) => file.path).join(", ") }), { label: t("undo"), act: acts.undo });
      } catch (error) {
        notice(inWords(error));
      }
      apply.disabled = false;
    });
    fill(body, diff(patch.diff), h("div", { class: "row" }, apply, h("button", { class: "plain", type: "button", onclick: () => save(patch) }, icon("download"), t("patch-download")), h("span", { class: "faint" }, t("patch-confidence", { percent: Math.round(patch.confidence * 100) }))));
  };
  show(0);
  if (all.length === 1) return body;
  const options = all.map((_, at) => h("label", null, h("input", { type: "radio", name: `patch-${job.id}`, checked: at === 0, onchange: () => show(at) }), h("span", null, t(at === 0 ? "patch-best" : "patch-other", { number: at + 1 }))));
  return [h("div", { class: "segments", role: "radiogroup", "aria-label": t("patches") }, options), body];
}

/** @param {Patch} patch */
function save(patch) {
  const url = URL.createObjectURL(new Blob([patch.diff], { type: "text/x-diff" }));
  h("a", { href: url, download: "freehold.patch" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
