// What went wrong, in the words of whoever reads: what happened, what is safe, and what to do. What the server said
// itself is folded away.
import { h } from "./dom.js";
import { has, language, t } from "./words.js";

/** @typedef {{ id: string, says: string | null }} Rule */
/** @typedef {{ code?: string | null, message?: string | null, hint?: string | null }} Failure */
/** @typedef {import("./dom.js").Child} Child */

/** What the server or the way to it refused. */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} message
   * @param {string | null} hint
   * @param {{ wait?: number | null, action?: string, rules?: Rule[] }} [more]
   */
  constructor(status, code, message, hint, more = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.hint = hint;
    this.wait = more.wait ?? null;
    this.action = more.action ?? null;
    this.rules = more.rules ?? [];
  }
}

/** Something that went wrong in this browser, in words for whoever reads. */
export class Said extends Error {}

/** Codes whose words say all that there is to know. */
const WHOLE = ["bad_display_name", "invalid_api_key", "weak_password", "wrong_password"];

/** What is said of kinds of errors that have no code of their own. @param {number} status */
function kind(status) {
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 404) return "not_found";
  if (status === 429) return "rate_limit_error";
  if (status === 503) return "service_unavailable_error";
  if (status >= 500) return "server_error";
  return status >= 400 ? "invalid_request_error" : "unknown";
}

/**
 * What a rule says, in plain words.
 * @param {string} id
 * @param {string | null} [says] What it says of itself, where it is not one that came with Freehold.
 */
export function ruleTitle(id, says) {
  if (has(`rule-${id}`)) return t(`rule-${id}`);
  return says ? says.charAt(0).toUpperCase() + says.slice(1) : t("rule-unnamed");
}

/** @param {unknown} error @returns {string} */
export function inWords(error) {
  if (error instanceof Said) return error.message;
  if (!(error instanceof Refusal)) return t("error-unknown");
  if (error.status === 0) return `${t("offline")}. ${t("offline-hint")}`;
  const key = has(`error-${error.code}`) && !(error.code === "rate_limit_exceeded" && !error.wait) ? error.code : kind(error.status);
  const what = error.action && has(`do-${error.action}`) ? t(`do-${error.action}`) : t("do-other");
  const said = t(`error-${key}`, { what, wait: error.wait ?? 0 });
  const rules = error.rules.map((rule) => ruleTitle(rule.id, rule.says));
  return rules.length ? `${said} ${t("error-rule", { rule: rules.join("; ") })}.` : said;
}

/**
 * The same for a page, with what the server said itself folded away.
 * @param {unknown} error
 * @returns {Child[]}
 */
export function told(error) {
  if (error instanceof Said || (error instanceof Refusal && error.status === 0)) return [inWords(error)];
  const raw = error instanceof Error ? error.message : String(error);
  const [code, hint] = error instanceof Refusal ? [error.code, error.hint] : [null, null];
  return [inWords(error), !WHOLE.includes(code ?? "") && fold(raw, hint, code)];
}

/**
 * What the server said, for whoever wants to know more or ask for help.
 * @param {string} message
 * @param {string | null} [hint]
 * @param {string | null} [code]
 */
export function fold(message, hint, code) {
  const lines = [message, hint].filter(Boolean).join("\n").replaceAll("\nhint: ", "\n");
  return h("details", { class: "server-said" }, h("summary", null, t("details")), h("p", { lang: language() === "en" ? null : "en" }, lines, code && h("code", null, code)));
}

/**
 * What a job or an answer ended with, as something that can be told.
 * @param {Failure | null | undefined} failure
 * @param {string} otherwise The code where none is known.
 */
export function failed(failure, otherwise) {
  return new Refusal(500, failure?.code ?? otherwise, failure?.message ?? "", failure?.hint ?? null);
}
