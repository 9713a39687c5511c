// The first three steps: who you are, what answers, and something to begin with.
import { chosenPassword } from "../settings/password.js";
import { fill, h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { go } from "../ground/route.js";
import { app, may, taste } from "../ground/state.js";
import { t } from "../ground/words.js";
import { loadModels } from "../main.js";
import { about } from "../chat/picker.js";
import { adding } from "../models/adding.js";
import { copied } from "../prose/code.js";

const EXAMPLES = ["example-plan", "example-code", "example-explain"];

/** @returns {import("../main.js").Page} */
export function welcomePage() {
  const steps = h("ol", { class: "steps" });
  const element = h(
    "main",
    { class: "welcome", id: "main", tabindex: "-1" },
    h("div", { class: "door-mark" }, icon("mark")),
    h("h1", null, t("welcome-title")),
    h("p", { class: "lead" }, t("welcome-lead")),
    steps,
    h("p", null, h("button", { class: "plain", type: "button", onclick: () => leave(null) }, t("welcome-skip"))),
  );
  const show = () => fill(steps, step("welcome-you", you()), step("welcome-model", model(show)), step("welcome-try", first()));
  show();
  return { element, title: t("welcome-title"), name: "welcome" };
}

/**
 * @param {string} key
 * @param {(Node | null)[]} content
 */
function step(key, content) {
  return h("li", null, h("h2", null, t(key)), content);
}

/** @param {string | null} text What to ask. */
function leave(text) {
  taste.set("welcomed", "1");
  if (text !== null) taste.set("draft.new", JSON.stringify({ text, files: [] }));
  go("/");
}

function you() {
  const who = app.now.who;
  if (who?.via !== "session") return [h("p", null, t("welcome-anonymous")), h("p", null, h("a", { href: "/sign-in" }, t("sign-in")))];
  return [h("p", null, t("welcome-known", { name: who.display_name })), may("manage_account") ? chosenPassword() : null];
}

/** @param {() => void} show */
function model(show) {
  const models = app.now.models ?? [];
  const look = h("button", { class: "plain", type: "button", onclick: async () => (await loadModels(), show()) }, icon("again"), t("look-again"));
  if (models.every((model) => model.owner === "freehold")) {
    const commands = [
      command("freehold model add ~/models/Qwen3-0.6B", t("welcome-folder")),
      command("freehold model add hub:Qwen/Qwen3-0.6B", t("welcome-hub")),
      command('[[upstream]]\nname = "gpu1"\nurl = "http://10.0.0.5:8000/v1"', t("welcome-upstream")),
      look,
    ];
    if (app.now.who?.via === "session" && !may("manage_models")) return [h("p", null, t("welcome-model-others")), look];
    if (!may("manage_models")) return [h("p", null, t("welcome-none")), ...commands];
    const coming = h("p", { role: "status" });
    return [
      h("p", null, t("welcome-model-owner")),
      ...adding(() => fill(coming, t("welcome-model-comes"), " ", h("a", { href: "/models" }, t("models")))),
      coming,
      h("details", null, h("summary", null, t("welcome-model-terminal")), commands),
    ];
  }
  const chosen = taste.get("model") ?? models[0]?.name;
  const rows = models.map((model) =>
    h(
      "label",
      { class: "choice" },
      h("input", { type: "radio", name: "model", checked: model.name === chosen, onchange: () => taste.set("model", model.name) }),
      h("span", null, model.name, h("small", null, about(model))),
    ),
  );
  return [h("div", { class: "choices", role: "radiogroup", "aria-label": t("choose-model") }, rows)];
}

/**
 * @param {string} text
 * @param {string} says
 */
function command(text, says) {
  const copy = h("button", { class: "quiet", type: "button", "aria-label": t("copy"), title: t("copy"), onclick: () => copied(copy, text) }, icon("copy"));
  return h("div", { class: "command" }, h("p", null, says), h("pre", { tabindex: "0" }, text), copy);
}

function first() {
  const examples = EXAMPLES.map((key) => h("button", { class: "example", type: "button", onclick: () => leave(t(`${key}-text`)) }, t(key)));
  const repair = may("operate") && h("p", null, h("a", { href: "/code" }, t("welcome-repair")));
  return [h("p", null, t("welcome-try-about")), h("div", { class: "examples" }, examples), repair || null];
}
