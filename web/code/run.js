// One repair, or the writing of tests: how it goes, and what came of it.
import { ask, told } from "../ground/api.js";
import { fill, h } from "../ground/dom.js";
import { failed } from "../ground/errors.js";
import { icon } from "../ground/icons.js";
import { count, moment } from "../ground/when.js";
import { t } from "../ground/words.js";
import { control, isOpen } from "../activity/jobs.js";
import { heat } from "./heat.js";
import { repaired } from "./repair.js";
import { written } from "./suite.js";

/** @typedef {import("../activity/jobs.js").Job} Job */

/**
 * What was found, in a line, with more below it.
 * @param {string} sign
 * @param {import("../ground/dom.js").Child} [text]
 * @param {import("../ground/dom.js").Child} [more]
 */
export function headline(sign, text, more) {
  return h("div", { class: `headline ${sign === "done" ? "is-good" : "is-wrong"}` }, icon(sign), h("div", null, h("b", null, text), more && h("small", null, more)));
}

/**
 * @param {Job} first
 * @param {() => void} refresh
 */
export function run(first, refresh) {
  const isTests = first.kind === "code.tests";
  const name = isTests ? t("tests-of", { file: first.asked?.file ?? "" }) : t("repair-name");
  const title = h("h3", { tabindex: "-1" }, name);
  const when = h("time", { class: "faint", datetime: first.created_at }, moment(first.created_at));
  const body = h("div", { class: "run-body" });
  const element = h("section", { class: "run", "aria-label": name }, h("header", null, title, when), body);
  const going = working(first, isTests, refresh);
  let shown = "";
  let hasHeat = false;
  /** @param {Job} job */
  const set = (job) => {
    if (isOpen(job)) {
      if (shown !== "open") fill(body, going.element);
      shown = "open";
      going.set(job);
      // Suspicious lines are fetched once they are known.
      if (!isTests && !hasHeat && ["suspected", "searching", "confirming"].includes(job.progress?.told?.step)) {
        hasHeat = true;
        result(job.id).then((found) => found?.heat?.length && going.warm(found.heat));
      }
    } else if (shown !== job.state) {
      shown = job.state;
      const hadFocus = body.contains(document.activeElement);
      ended(job, isTests).then((parts) => {
        fill(body, ...parts);
        if (hadFocus) title.focus();
      });
    }
  };
  set(first);
  return { id: first.id, element, set };
}

/** @param {string} id */
async function result(id) {
  try {
    return await ask("GET", `/api/code/results/${id}`);
  } catch {
    return null;
  }
}

/**
 * @param {Job} job
 * @param {boolean} isTests
 * @returns {Promise<(Node | null)[]>}
 */
async function ended(job, isTests) {
  if (job.state === "cancelled") return [h("p", { class: "faint", role: "status" }, t("repair-stopped"))];
  if (job.state === "failed") {
    return [headline("warn", ...told(failed(job.error, "server_error")))];
  }
  try {
    const found = { ...job.result, ...(await ask("GET", `/api/code/results/${job.id}`)) };
    return isTests ? written(job, found) : repaired(job, found);
  } catch (error) {
    return [headline("warn", ...told(error))];
  }
}

/**
 * What is seen while it goes on: large figures, how far it is, and where it looks.
 * @param {Job} job
 * @param {boolean} isTests
 * @param {() => void} refresh
 */
function working(job, isTests, refresh) {
  const numbers = ["tried", "speed", "best"].map((key) => ({ key, value: h("dd", null, "–"), label: h("dt") }));
  const [tried, speed, best] = /** @type {[typeof numbers[0], typeof numbers[0], typeof numbers[0]]} */ (numbers);
  fill(tried.label, t(isTests ? "figure-inputs" : "figure-candidates"));
  fill(speed.label, t("figure-speed"));
  fill(best.label, t(isTests ? "figure-noticed" : "figure-repaired"));
  const figures = h("dl", { class: "figures" }, numbers.map(({ label, value }) => h("div", null, label, value)));
  const status = h("p", { role: "status" });
  const inner = h("span");
  const bar = h("div", { class: "bar", role: "progressbar", "aria-label": t(isTests ? "tests" : "repair"), "aria-valuemin": "0", "aria-valuemax": "100" }, inner);
  const warm = h("div", { class: "warm" });
  const controls = control(refresh);
  const element = h("div", { class: "working" }, figures, bar, h("div", { class: "row" }, status, controls.element), warm);
  let said = "";
  /** @param {Job} now */
  const set = (now) => {
    const told = now.progress?.told ?? null;
    fill(tried.value, told?.tried === undefined ? "–" : count(told.tried));
    fill(speed.value, told?.per_second === undefined ? "–" : count(told.per_second));
    const of = isTests ? [told?.killed, told?.mutants] : [told?.repaired, told?.failing];
    fill(best.value, of[0] === undefined || of[1] === undefined ? "–" : t("figure-of", { part: of[0], all: of[1] }));
    const isFirst = ["building", "testing", "tracing"].includes(told?.step);
    const share = isFirst && told.tests && told.step === "testing" ? told.ran / told.tests : isTests ? (told?.targets && told.at !== undefined ? told.at / told.targets : undefined) : told?.spent;
    if (share === undefined) bar.removeAttribute("aria-valuenow");
    else bar.setAttribute("aria-valuenow", String(Math.round(share * 100)));
    inner.style.setProperty("--share", String(share ?? 0));
    element.classList.toggle("is-paused", now.state === "paused");
    const words = now.state === "running" ? step(told, isTests) : t(now.state === "paused" ? `job-paused-${now.goes_on}` : "job-queued");
    if (words !== said) fill(status, words);
    said = words;
    controls.set(now);
  };
  set(job);
  return { element, set, warm: (/** @type {import("./heat.js").Warm[]} */ files) => fill(warm, h("h4", null, t("repair-points")), heat(files)) };
}

/**
 * @param {any} told
 * @param {boolean} isTests
 */
function step(told, isTests) {
  if (!told) return t(isTests ? "tests-reading" : "repair-testing");
  const time = { elapsed: told.elapsed ?? 0, most: told.most ?? 0 };
  if (told.step === "building") return t("repair-building", time);
  if (told.step === "testing") return t("repair-ran", { ran: told.ran, tests: told.tests, ...time });
  if (told.step === "tracing") return t("repair-tracing", time);
  if (told.step === "tested") return t("repair-tested", { failing: told.failing, tests: told.tests });
  if (told.step === "searching") return told.plausible ? t("repair-plausible", { plausible: told.plausible }) : t("repair-searching");
  if (told.step === "read") return t("tests-read", { targets: told.targets, mutants: told.mutants });
  if (told.step === "inputs") return t("tests-inputs", { target: told.target });
  if (told.step === "verifying") return t("tests-verifying", { tests: told.tests });
  return t(told.step === "confirming" ? "repair-confirming" : "repair-suspected");
}
