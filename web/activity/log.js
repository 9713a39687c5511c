// The log of what was done: told in sentences, filtered by the server, and proved whole.
import { ask, told } from "../ground/api.js";
import { fill, h, later } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { count, day, time } from "../ground/when.js";
import { t } from "../ground/words.js";
import { fold, ruleTitle } from "../ground/errors.js";
import { nameOf, sentence, way } from "./sentence.js";

/**
 * @typedef {{
 *   sequence: number, at: string, by: string, via: string, action: string, on: Record<string, string>, allowed: boolean,
 *   because: string[], hash: string,
 * }} Line
 */
/** @typedef {{ names: Record<string, string>, rules: Record<string, string | null> }} Known */

/** Lines that are shown together. */
const PAGE = 50;

export function log() {
  /** @type {Known} */
  const known = { names: {}, rules: {} };
  const days = h("div", { class: "log" });
  const more = h("button", { class: "plain", type: "button", hidden: true }, t("log-more"));
  const wrong = h("div", { class: "wrong", role: "alert", hidden: true });
  const status = h("p", { class: "faint", role: "status" });
  const sought = h("input", { id: "log-search", type: "search", maxlength: 200, placeholder: t("log-search-hint"), autocomplete: "off", spellcheck: "false" });
  const outcome = choice("log-outcome", [["", t("log-all")], ["true", t("log-allowed")], ["false", t("log-refused")]]);
  const person = choice("log-person", [["", t("log-all")]]);
  const reads = h("input", { id: "log-reads", type: "checkbox", role: "switch" });
  let round = 0;
  /** @type {number | null} */
  let before = null;
  let shown = 0;
  /** Looks until a page is full, however far back that is; what was asked for since ends it. */
  const load = async (isAnew = false) => {
    const now = (round += 1);
    if (isAnew) before = null;
    more.disabled = true;
    let wanted = PAGE;
    try {
      do {
        const page = await ask("GET", `/api/audit?${query(wanted)}`);
        if (now !== round) return;
        Object.assign(known.names, page.names);
        Object.assign(known.rules, page.rules);
        if (isAnew) (fill(days), (shown = 0));
        isAnew = false;
        page.data.forEach((/** @type {Line} */ line) => put(days, line, known));
        wanted -= page.data.length;
        shown += page.data.length;
        before = page.next_before;
        fill(status, wanted > 0 && before !== null ? t("log-looking") : shown === 0 && t("log-none"));
      } while (wanted > 0 && before !== null);
      wrong.hidden = true;
    } catch (error) {
      if (now !== round) return;
      fill(wrong, told(error));
      fill(status);
      wrong.hidden = false;
    }
    more.disabled = false;
    more.hidden = before === null;
  };
  const query = (/** @type {number} */ limit) => {
    const wanted = new URLSearchParams({ limit: String(limit), reads: String(reads.checked) });
    if (before !== null) wanted.set("before", String(before));
    if (sought.value.trim()) wanted.set("q", sought.value.trim());
    if (outcome.value) wanted.set("allowed", outcome.value);
    if (person.value) wanted.set("by", person.value);
    return wanted;
  };
  for (const field of [outcome, person, reads]) field.addEventListener("change", () => load(true));
  sought.addEventListener("input", later(200, () => load(true)));
  more.addEventListener("click", () => load());
  load(true);
  choosePeople(person);
  return [
    h("p", { class: "faint" }, t("log-about")),
    proof(),
    h("div", { class: "filters of-log" }, labelled("log-search", sought), labelled("log-person", person), labelled("log-outcome", outcome)),
    h("label", { class: "switch" }, reads, h("span", null, t("log-reads"))),
    wrong,
    days,
    status,
    more,
  ];
}

/** @param {HTMLSelectElement} person */
async function choosePeople(person) {
  try {
    /** @type {{ id: string, display_name: string }[]} */
    const people = (await ask("GET", "/api/people")).data;
    for (const { id, display_name } of people) person.append(h("option", { value: id }, nameOf(id, { [id]: display_name })));
  } catch {
    // Who may read the log may not know who is who.
    person.disabled = true;
  }
}

/**
 * @param {string} id
 * @param {[string, string][]} options
 */
function choice(id, options) {
  return h("select", { id }, options.map(([value, label]) => h("option", { value }, label)));
}

/**
 * @param {string} key
 * @param {HTMLElement} field
 */
function labelled(key, field) {
  return h("div", null, h("label", { for: key }, t(key)), field);
}

/** The proof that nothing was changed, dropped or put elsewhere. */
function proof() {
  const shown = h("div", { role: "status", class: "proof" });
  const button = h("button", { class: "plain", type: "button" }, icon("done"), t("log-verify"));
  button.addEventListener("click", async () => {
    button.disabled = true;
    fill(shown, t("log-verifying"));
    try {
      const report = await ask("POST", "/api/audit/verify");
      shown.className = `proof ${report.whole ? "is-good" : "wrong"}`;
      const words = report.whole ? t("log-whole", { lines: count(report.lines), signed: count(report.signed_to) }) : t("log-broken", { line: report.fault.line });
      fill(shown, words, report.fault && fold(report.fault.explanation, null, report.fault.tampering), report.key && h("small", null, t("log-key", { key: report.key })));
    } catch (error) {
      shown.className = "proof wrong";
      fill(shown, told(error));
    }
    button.disabled = false;
  });
  return h("div", { class: "row" }, button, shown);
}

/**
 * Puts a line under its day.
 * @param {HTMLElement} days
 * @param {Line} line
 * @param {Known} known
 */
function put(days, line, known) {
  const name = dayName(line.at);
  let last = /** @type {HTMLElement | null} */ (days.lastElementChild);
  if (last?.dataset.day !== name) {
    last = h("section", { "data-day": name }, h("h3", null, name), h("ol"));
    days.append(last);
  }
  last.querySelector("ol")?.append(row(line, known));
}

/** @param {string} at */
function dayName(at) {
  const that = new Date(at).toDateString();
  const now = new Date();
  if (that === now.toDateString()) return t("today");
  now.setDate(now.getDate() - 1);
  return that === now.toDateString() ? t("yesterday") : day(at);
}

/**
 * A sentence, and behind it what stands in the log.
 * @param {Line} line
 * @param {Known} known
 */
function row(line, known) {
  const rules = line.because.map((id) => ruleTitle(id, known.rules[id]));
  const why = line.allowed || line.via === "house" ? null : rules.length ? rules.join("; ") : t("rule-none");
  const body = h("dl", { class: "raw" });
  const details = h(
    "details",
    null,
    h(
      "summary",
      null,
      h("time", { datetime: line.at }, time(line.at)),
      h("span", null, sentence(line, known.names), !line.allowed && h("b", null, t("log-was-refused")), why && h("small", null, why)),
    ),
    body,
  );
  // Most of them are never opened.
  details.addEventListener("toggle", () => !body.children.length && fill(body, raw(line, known)), { once: true });
  return h("li", { class: line.allowed ? null : "is-refused" }, details);
}

/**
 * What stands in the log, as it is written.
 * @param {Line} line
 * @param {Known} known
 */
function raw(line, known) {
  const code = (/** @type {string} */ text) => h("code", null, text);
  const rules = line.because.map((id) => h("div", null, ruleTitle(id, known.rules[id]), " ", code(id)));
  const on = Object.entries(line.on).map(([name, value]) => h("div", null, code(`${name}: ${value}`)));
  const isNoted = line.via === "house";
  const by = [nameOf(line.by, known.names), !isNoted && way(line.via, known.names)].filter(Boolean).join(", ");
  /** @type {[string, import("../ground/dom.js").Child[]][]} */
  const rows = [
    ["log-by", [by, " ", code(`${line.by} · ${line.via}`)]],
    ["log-what", [code(line.action)]],
    ["log-on", on],
    ["log-rule", rules.length || line.allowed || isNoted ? rules : [t("rule-none")]],
    ["log-line", [`${line.sequence}`]],
    ["log-sum", [code(line.hash)]],
  ];
  return rows.filter(([, content]) => content.length).map(([key, content]) => h("div", null, h("dt", null, t(key)), h("dd", null, content)));
}
