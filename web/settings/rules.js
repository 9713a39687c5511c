// The law of the house: readable, and asked for its reasons.
import { ask, told } from "../ground/api.js";
import { fill, h } from "../ground/dom.js";
import { notice } from "../ground/notice.js";
import { fold, ruleTitle } from "../ground/errors.js";
import { app, may } from "../ground/state.js";
import { t } from "../ground/words.js";

/** Kinds of things that are kept, as rules name them. */
const KINDS = ["response", "conversation", "chat", "file", "batch"];

export function rules() {
  const files = h("div", { class: "files" });
  const action = h("select", { id: "why-action" });
  const model = h("select", { id: "why-model" }, (app.now.models ?? []).map((one) => h("option", null, one.name)));
  const kind = h("select", { id: "why-kind" }, KINDS.map((one) => h("option", { value: one }, t(`kinds-${one}`))));
  const person = h("select", { id: "why-person" }, h("option", { value: "" }, t("why-me")));
  const answer = h("div", { class: "proof", role: "status" });
  const ofModel = labelled("why-model", model);
  const ofKind = labelled("why-kind", kind);
  const fit = () => {
    ofModel.hidden = action.value !== "infer";
    ofKind.hidden = !["read", "write", "delete"].includes(action.value);
  };
  const show = (/** @type {{ data: { name: string, text: string, shipped: boolean }[], actions: string[] }} */ said) => {
    fill(files, said.data.map((file) => h("details", null, h("summary", null, file.name, " ", h("small", null, t(file.shipped ? "rules-shipped" : "rules-own"))), h("pre", { tabindex: "0" }, file.text))));
    fill(action, said.actions.map((one) => h("option", { value: one }, t(`do-${one}`))));
    fit();
  };
  const begin = async () => {
    try {
      show(await ask("GET", "/api/rules"));
      if (may("operate")) {
        for (const one of (await ask("GET", "/api/people")).data) if (one.id !== app.now.who?.user) person.append(h("option", { value: one.id }, one.id === "anonymous" ? t("person-anonymous") : one.display_name));
      }
    } catch (error) {
      fill(files, h("div", { class: "faint" }, told(error)));
    }
  };
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const question = { action: action.value, person: person.value || null, model: ofModel.hidden ? null : model.value, kind: ofKind.hidden ? null : kind.value };
    try {
      const verdict = await ask("POST", "/api/rules/why", question);
      answer.className = `proof ${verdict.allowed ? "is-good" : "wrong"}`;
      fill(answer, t(verdict.allowed ? "why-yes" : "why-no"), " ", reasons(verdict), fold(verdict.sentence));
    } catch (error) {
      answer.className = "proof wrong";
      fill(answer, told(error));
    }
  };
  const reload = async () => {
    try {
      show(await ask("POST", "/api/rules/reload"));
      notice(t("rules-read"));
    } catch (error) {
      notice(told(error));
    }
  };
  action.addEventListener("change", fit);
  begin();
    return [
    h("p", { class: "faint" }, t("rules-about")),
    files,
    may("operate") && h("button", { class: "plain", type: "button", onclick: reload }, t("rules-reload")),
    h("form", { class: "filters", onsubmit: submit }, labelled("why-person", person), labelled("why-action", action), ofModel, ofKind, h("div", { class: "at-end" }, h("button", { class: "plain" }, t("why-ask")))),
    answer,
  ];
}

/**
 * Why, in plain words.
 * @param {{ rules: import("../ground/errors.js").Rule[], broken: string[] }} verdict
 */
function reasons(verdict) {
  if (verdict.broken.length) return t("error-rules_broken");
  const titles = verdict.rules.map((rule) => ruleTitle(rule.id, rule.says));
  return `${titles.length ? titles.join("; ") : t("rule-none")}.`;
}

/**
 * @param {string} key
 * @param {HTMLElement} field
 */
function labelled(key, field) {
  return h("div", null, h("label", { for: key }, t(key)), field);
}
