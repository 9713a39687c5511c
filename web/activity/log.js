// The log of what was done: filtered, read from its end, and proved whole.
import { ask, inWords } from "../ground/api.js";
import { fill, h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { count, moment } from "../ground/when.js";
import { t } from "../ground/words.js";

/**
 * @typedef {{
 *   sequence: number, at: string, by: string, via: string, action: string, on: Record<string, string>, allowed: boolean,
 *   because: string[], hash: string,
 * }} Line
 */

const ACTIONS = ["infer", "see_models", "read", "write", "delete", "manage_account", "manage_keys", "manage_people", "manage_projects", "manage_models", "read_audit", "operate", "signed_in", "signed_out"];

export function log() {
  /** @type {Map<string, string>} */
  const names = new Map();
  const body = h("tbody");
  const more = h("button", { class: "plain", type: "button", hidden: true }, t("log-more"));
  const wrong = h("p", { class: "wrong", role: "alert", hidden: true });
  const action = choice("log-action", [["", t("log-all")], ...ACTIONS.map((name) => /** @type {[string, string]} */ ([name, name]))]);
  const outcome = choice("log-outcome", [["", t("log-all")], ["true", t("log-allowed")], ["false", t("log-refused")]]);
  const person = choice("log-person", [["", t("log-all")]]);
  /** @type {number | null} */
  let before = null;
  const load = async () => {
    const query = new URLSearchParams({ limit: "50" });
    if (before !== null) query.set("before", String(before));
    if (action.value) query.set("action", action.value);
    if (outcome.value) query.set("allowed", outcome.value);
    if (person.value) query.set("by", person.value);
    try {
      const page = await ask("GET", `/api/audit?${query}`);
      if (before === null) fill(body);
      body.append(...page.data.map((/** @type {Line} */ line) => row(line, names)));
      if (!body.children.length) fill(body, h("tr", null, h("td", { colspan: "4", class: "faint" }, t("log-none"))));
      before = page.next_before;
      more.hidden = before === null;
      wrong.hidden = true;
    } catch (error) {
      fill(wrong, inWords(error));
      wrong.hidden = false;
    }
  };
  const anew = () => ((before = null), load());
  for (const field of [action, outcome, person]) field.addEventListener("change", anew);
  more.addEventListener("click", load);
  const begin = async () => {
    try {
      for (const { id, name } of (await ask("GET", "/api/people")).data) {
        names.set(id, name);
        person.append(h("option", { value: id }, name));
      }
    } catch {
      // Who may read the log may not see who is who.
    }
    load();
  };
  begin();
  const head = ["log-when", "log-who", "log-what", "log-why"].map((key) => h("th", { scope: "col" }, t(key)));
  return [
    h("p", { class: "faint" }, t("log-about")),
    proof(),
    h("div", { class: "filters" }, labelled("log-person", person), labelled("log-action", action), labelled("log-outcome", outcome)),
    wrong,
    h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": t("log") }, h("table", { class: "log" }, h("thead", null, h("tr", null, head)), body)),
    more,
  ];
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
  const shown = h("p", { role: "status", class: "proof" });
  const button = h("button", { class: "plain", type: "button" }, icon("done"), t("log-verify"));
  button.addEventListener("click", async () => {
    button.disabled = true;
    fill(shown, t("log-verifying"));
    try {
      const report = await ask("POST", "/api/audit/verify");
      shown.className = `proof ${report.whole ? "is-good" : "wrong"}`;
      const words = report.whole ? t("log-whole", { lines: count(report.lines), signed: count(report.signed_to) }) : t("log-broken", { line: report.fault.line, reason: report.fault.explanation });
      fill(shown, words, report.key && h("small", null, t("log-key", { key: report.key })));
    } catch (error) {
      shown.className = "proof wrong";
      fill(shown, inWords(error));
    }
    button.disabled = false;
  });
  return h("div", { class: "row" }, button, shown);
}

/**
 * @param {Line} line
 * @param {Map<string, string>} names
 */
function row(line, names) {
  const { kind, id, change, ...rest } = line.on;
  const on = [change, kind === "house" ? null : kind, id && (names.get(id) ?? id), ...Object.entries(rest).map(([name, value]) => `${name} ${names.get(value) ?? value}`)];
  const who = names.get(line.by) ?? line.by;
  return h(
    "tr",
    { class: line.allowed ? "" : "is-refused" },
    h("td", null, h("time", { datetime: line.at }, moment(line.at)), h("small", null, `#${line.sequence}`)),
    h("td", null, who, h("small", null, line.via)),
    h("td", null, line.action, !line.allowed && h("b", null, ` ${t("log-was-refused")}`), h("small", null, on.filter(Boolean).join(" · "))),
    h("td", null, line.because.join(", ")),
  );
}
