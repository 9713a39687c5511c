// Keys by which somebody's programs are known: what they may, until when, and how much.
import { ask, told } from "../ground/api.js";
import { fill, h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { notice } from "../ground/notice.js";
import { count, day } from "../ground/when.js";
import { t } from "../ground/words.js";
import { copied } from "../prose/code.js";

/** @typedef {Record<"requests_per_minute" | "tokens_per_minute" | "tokens_per_day" | "tokens_total", number | null>} Budgets */
/**
 * @typedef {{
 *   id: string, name: string, shown: string, scopes: string[], budgets: Budgets, used: Record<string, number>,
 *   created_at: string, expires_at: string | null, revoked_at: string | null, key?: string,
 * }} Key
 */

const SCOPES = ["infer", "read", "write", "manage", "audit"];

/** What keys have when nothing else is chosen: what programs of the field need. */
const USUAL = ["infer", "read", "write"];

/** Days until a key ends. */
const DAYS = /** @type {[string, number | null][]} */ ([["never", null], ["month", 30], ["quarter", 90], ["year", 365]]);

/** Budgets, each with what is used of it. */
const BUDGETS = /** @type {[keyof Budgets, string][]} */ ([
  ["requests_per_minute", "requests_this_minute"],
  ["tokens_per_minute", "tokens_this_minute"],
  ["tokens_per_day", "tokens_today"],
  ["tokens_total", "tokens_total"],
]);

export function keys() {
  const list = h("ul", { class: "keys" });
  const made = h("div", { role: "status" });
  const load = async () => {
    try {
      /** @type {Key[]} */
      const all = (await ask("GET", "/api/keys")).data;
      const live = all.filter((key) => key.revoked_at === null);
      fill(list, live.length ? live.map((key) => row(key, load)) : h("li", { class: "faint" }, t("no-keys")));
    } catch (error) {
      fill(list, h("li", { class: "faint" }, told(error)));
    }
  };
  load();
  return [h("p", { class: "faint" }, t("keys-about")), list, form(made, load), made];
}

/**
 * @param {HTMLElement} made
 * @param {() => void} load
 */
function form(made, load) {
  const name = h("input", { id: "key-name", required: true, maxlength: 100, placeholder: t("key-name-hint") });
  const scopes = SCOPES.map((scope) => h("input", { type: "checkbox", name: scope, checked: USUAL.includes(scope) }));
  const until = h("select", { id: "key-until" }, DAYS.map(([word, days]) => h("option", { value: days ?? "" }, t(`key-until-${word}`))));
  const budgets = BUDGETS.map(([budget]) => h("input", { id: `key-${budget}`, type: "number", min: 1, step: 1, inputmode: "numeric", placeholder: t("key-unlimited") }));
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const limits = Object.fromEntries(BUDGETS.map(([budget], at) => [budget, Number(budgets[at]?.value) || null]));
    const ends = until.value ? Math.floor(Date.now() / 1000) + Number(until.value) * 24 * 60 * 60 : null;
    const chosen = scopes.filter((scope) => scope.checked).map((scope) => scope.name);
    try {
      const key = await ask("POST", "/api/keys", { name: name.value, scopes: chosen, budgets: limits, expires_at: ends });
      const copy = h("button", { class: "quiet", type: "button", "aria-label": t("copy"), onclick: () => copied(copy, key.key) }, icon("copy"));
      fill(made, h("div", { class: "command" }, h("p", null, t("key-once")), h("pre", { tabindex: "0" }, key.key), copy));
      made.scrollIntoView({ block: "center" });
      copy.focus({ preventScroll: true });
      /** @type {HTMLFormElement} */ (event.target).reset();
      load();
    } catch (error) {
      notice(told(error));
    }
  };
  const rights = h("fieldset", { class: "rights" }, h("legend", null, t("key-may")), scopes.map((scope) => h("label", { class: "choice" }, scope, h("span", null, t(`scope-${scope.name}`), h("small", null, t(`scope-${scope.name}-about`))))));
  const limits = h(
    "fieldset",
    { class: "limits" },
    h("legend", null, t("key-limits")),
    h("div", null, h("label", { for: "key-until" }, t("key-until")), until),
    BUDGETS.map(([budget], at) => h("div", null, h("label", { for: `key-${budget}` }, t(`budget-${budget}`)), budgets[at])),
  );
  return h(
    "form",
    { class: "key-form", onsubmit: submit },
    h("div", { class: "row" }, h("label", { for: "key-name", class: "hidden" }, t("key-name")), name, h("button", { class: "plain" }, t("key-make"))),
    h("details", null, h("summary", null, t("key-more")), rights, limits),
  );
}

/**
 * @param {Key} key
 * @param {() => void} load
 */
function row(key, load) {
  const revoke = async () => {
    try {
      await ask("DELETE", `/api/keys/${key.id}`);
      notice(t("key-revoked", { name: key.name }));
      load();
    } catch (error) {
      notice(told(error));
    }
  };
  const isOver = key.expires_at !== null && new Date(key.expires_at).getTime() <= Date.now();
  const ends = key.expires_at && t(isOver ? "key-ended" : "key-ends", { day: day(key.expires_at) });
  const about = [`${key.shown}…`, key.scopes.map((scope) => t(`scope-${scope}`)).join(", "), ends].filter(Boolean).join(" · ");
  const limited = BUDGETS.filter(([budget]) => key.budgets[budget] !== null);
  const used = limited.length
    ? limited.map(([budget, of]) => gauge(budget, key.used[of] ?? 0, key.budgets[budget] ?? 0))
    : h("small", null, t("key-used", { tokens: count(key.used.tokens_total ?? 0), requests: count(key.used.requests_total ?? 0) }));
  return h(
    "li",
    { class: isOver ? "is-over" : "" },
    h("span", null, key.name, h("small", null, about)),
    h("button", { class: "plain", type: "button", "aria-label": t("key-revoke-it", { name: key.name }), onclick: revoke }, t("key-revoke")),
    h("div", { class: "budgets" }, used),
  );
}

/**
 * How much is used of a budget.
 * @param {keyof Budgets} budget
 * @param {number} used
 * @param {number} all
 */
function gauge(budget, used, all) {
  const share = all ? Math.min(1, used / all) : 1;
  const text = t("budget-used", { used: count(used), all: count(all) });
  const label = t(`budget-${budget}`);
  return h(
    "div",
    { class: share >= 0.9 ? "is-full" : "" },
    h("small", null, h("span", null, label), h("span", null, text)),
    h("div", { class: "bar", role: "meter", "aria-label": label, "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": Math.round(share * 100), "aria-valuetext": text }, h("span", { vars: { "--share": share } })),
  );
}
