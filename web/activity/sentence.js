// A line of the log, as a sentence. The server finds lines by the words of the same messages.
import { has, t } from "../ground/words.js";

/** @typedef {import("./log.js").Line} Line */
/** @typedef {Record<string, string>} Names */

/** Ids that stand for nobody in particular. */
const KNOWN = /** @type {Record<string, string>} */ ({ nobody: "log-nobody", console: "log-console", house: "log-house", anonymous: "person-anonymous" });

/**
 * What somebody is called, as far as it is known who they are.
 * @param {string} id
 * @param {Names} names
 */
export function nameOf(id, names) {
  const key = KNOWN[id];
  return key ? t(key) : (names[id] ?? t("log-gone"));
}

/**
 * By what somebody was known.
 * @param {string} via
 * @param {Names} names
 */
export function way(via, names) {
  const [kind, id] = via.split(":");
  if (kind === "key" && id && names[id]) return `${t("via-key")} “${names[id]}”`;
  return has(`via-${kind}`) ? t(`via-${kind}`) : "";
}

/**
 * @param {Line} line
 * @param {Names} names
 */
export function sentence(line, names) {
  const { on } = line;
  const kind = (on.kind ?? "other").replace(".", "-");
  const named = on.key && names[on.key];
  const whom = on.kind === "user" ? on.id : on.user;
  const who = nameOf(line.by, names);
  const values = {
    who,
    whom: whom ? nameOf(whom, names) : t("log-gone"),
    own: whom === line.by ? "yes" : "no",
    thing: t(has(`kind-${kind}`) ? `kind-${kind}` : "kind-other"),
    things: t(has(`kinds-${kind}`) ? `kinds-${kind}` : "kinds-other"),
    key: named ? t("the-key", { name: named }) : t("a-key"),
    model: (on.kind === "model" ? on.id : on.model) ?? t("a-model"),
  };
  const said = line.allowed || line.action === "sign_in" ? done(line, values) : wanted(line, values);
  // Whoever is not known by name stands at the beginning with a small letter.
  return said.charAt(0).toUpperCase() + said.slice(1);
}

/**
 * @param {Line} line
 * @param {Record<string, string>} values
 */
function done(line, values) {
  const { action, on } = line;
  if (action === "sign_in" && !line.allowed) return t(line.by === "nobody" ? "did-sign_in-unknown" : "did-sign_in-refused", values);
  const isAll = action === "read" && on.id === undefined;
  const keys = [isAll && "all", on.change, on.by, on.kind].map((part) => part && `did-${action}-${part}`);
  const key = keys.find((key) => key && has(key)) || (has(`did-${action}`) ? `did-${action}` : "did-other");
  return t(key, values);
}

/**
 * @param {Line} line
 * @param {Record<string, string>} values
 */
function wanted(line, values) {
  const { action, on } = line;
  const keys = [`do-${action}-${on.change}`, `do-${action}`];
  return t("log-tried", { ...values, what: t(keys.find((key) => has(key)) ?? "do-other") });
}
