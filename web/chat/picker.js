// Which model answers.
import { menu } from "../ground/dialog.js";
import { h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { app } from "../ground/state.js";
import { size } from "../ground/when.js";
import { t } from "../ground/words.js";

/** @typedef {import("../ground/state.js").Model} Model */

/** @param {import("./room.js").Room} room */
export function modelPill(room) {
  const models = app.now.models ?? [];
  const name = room.about.model;
  if (models.length === 0) return h("a", { class: "pill", href: "/welcome" }, t("no-model"));
  const pill = h("button", { class: "pill", type: "button", "aria-haspopup": "menu", "aria-label": t("model-is", { name: name ?? "–" }) }, h("span", null, name ?? t("choose-model")), icon("down"));
  pill.addEventListener("click", () => {
    const choices = models.map((model) => ({
      label: model.name,
      about: about(model),
      isChosen: model.name === name,
      act: () => void room.change({ model: model.name }),
    }));
    menu(pill, choices, t("choose-model"));
  });
  return pill;
}

/** What a model is, in plain words. @param {Model} model */
export function about(model) {
  if (model.owner === "script") return t("model-script");
  if (model.owner === "freehold") return t("model-built-in");
  if (model.owner === "upstream") return t("model-far");
  const parts = [model.bytes ? size(model.bytes) : "", model.is_loaded ? t("model-ready") : t("model-asleep")];
  return parts.filter(Boolean).join(" · ");
}
