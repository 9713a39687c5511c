// Models: what is here and in memory, and what may come.
import { ask, told } from "../ground/api.js";
import { fill, h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { go } from "../ground/route.js";
import { app, may, taste } from "../ground/state.js";
import { count, size } from "../ground/when.js";
import { t } from "../ground/words.js";
import { jobRow, watchJobs } from "../activity/jobs.js";
import { railButton } from "../shell/frame.js";
import { adding } from "./adding.js";
import { modelMenu } from "./menu.js";
import { speedChart } from "./speed.js";

/** @typedef {import("../ground/state.js").Model & { memory_bytes: number | null, loading: number | null, licence: string | null, measured: import("./speed.js").Measured | null }} Model */
/** @typedef {{ used_bytes: number, budget_bytes: number, available_bytes: number }} Memory */

/** How often it is looked while something changes, and while nothing does, in milliseconds. */
const SOON = 500;
const LATER = 5000;

/** @returns {import("../main.js").Page} */
export function modelsPage() {
  const list = h("ul", { class: "rows" });
  const memory = h("div", { class: "memory" });
  const works = h("ul", { class: "rows" });
  const keepsModels = may("manage_models");
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let shown = "";
  const load = async () => {
    clearTimeout(timer);
    let wait = LATER;
    try {
      const { data, memory: room } = await ask("GET", "/api/models");
      app.set({ models: data });
      // What stays as it is keeps its focus.
      const now = JSON.stringify([data, room]);
      if (now !== shown) fill(memory, gauge(room));
      if (now !== shown) fill(list, [data.map((/** @type {Model} */ model) => row(model, keepsModels, refresh)), isBare(data) && h("li", { class: "faint" }, t(keepsModels ? "no-models" : "no-models-yet"))].flat());
      if (data.some((/** @type {Model} */ model) => model.loading !== null)) wait = SOON;
      shown = now;
    } catch (error) {
      shown = "";
      fill(list, h("li", { class: "faint" }, told(error)));
    }
    timer = setTimeout(load, wait);
  };
  const refresh = () => (load(), jobs.look());
  // A job may begin and end between two looks.
  let ended = "";
  const jobs = keepsModels
    ? watchJobs((all) => {
        const over = all.filter((job) => job.kind.startsWith("model.") && job.ended_at !== null).map((job) => job.id).join();
        if (over !== ended) load();
        ended = over;
        const open = all.filter((job) => job.kind.startsWith("model.") && (["queued", "running"].includes(job.state) || isFresh(job)));
        fill(works, open.map((job) => jobRow(job, jobs.look)));
        works.hidden = open.length === 0;
      }, load)
    : { look: () => {}, leave: () => {} };
  load();
  const element = h(
    "div",
    { class: "page" },
    h("header", { class: "page-head" }, railButton(), h("h1", null, t("models"))),
    h(
      "div",
      { class: "page-body", tabindex: "0", role: "group", "aria-label": t("models") },
      h("section", { class: "wide", "aria-labelledby": "models-here" }, h("h2", { id: "models-here" }, t("models-here")), h("div", null, memory, list)),
      keepsModels
        ? h("section", { class: "wide", "aria-labelledby": "models-add" }, h("h2", { id: "models-add" }, t("models-add")), h("div", null, adding(jobs.look), works))
        : h("p", { class: "faint" }, t(app.now.who?.via === "session" ? "models-others-add" : "models-owner-adds")),
    ),
  );
  dispatchEvent(new CustomEvent("freehold:shown"));
  const leave = () => (clearTimeout(timer), jobs.leave());
  return { element, title: t("models"), name: "models", leave };
}

/** Whether nothing was added yet. @param {Model[]} models */
function isBare(models) {
  return models.every((model) => model.owner === "freehold");
}

/** Whether a job ended a moment ago, so that one sees how. @param {import("../activity/jobs.js").Job} job */
function isFresh(job) {
  return job.state !== "cancelled" && job.ended_at !== null && Date.now() - new Date(job.ended_at).getTime() < 60_000;
}

/** @param {Memory} memory */
function gauge(memory) {
  const share = memory.budget_bytes ? Math.min(1, memory.used_bytes / memory.budget_bytes) : 0;
  const all = size(memory.budget_bytes);
  const text = memory.used_bytes ? t("memory-used", { used: size(memory.used_bytes), all }) : t("memory-free", { all });
  return [
    h("p", null, text),
    h("div", { class: "bar", role: "meter", "aria-label": t("memory"), "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": Math.round(share * 100), "aria-valuetext": text }, share > 0 && h("span", { vars: { "--share": share } })),
  ];
}

/**
 * @param {Model} model
 * @param {boolean} keepsModels
 * @param {() => void} load
 */
function row(model, keepsModels, load) {
  const about = [
    model.owner === "upstream" && t("model-far"),
    model.owner === "script" && t("model-script"),
    model.owner === "freehold" && t("model-built-in"),
    model.bytes > 0 && size(model.bytes),
    model.context && t("model-context", { count: count(model.context) }),
    model.licence,
  ].filter(Boolean);
  const more = h("button", { class: "quiet", type: "button", "aria-label": t("more-about", { title: model.name }), "aria-haspopup": "menu" }, icon("more"));
  more.addEventListener("click", () => modelMenu(more, model, load));
  const chat = h("button", { class: "quiet", type: "button", "aria-label": t("model-chat-with", { name: model.name }), onclick: () => talk(model) }, t("model-chat"));
  return h("li", null, h("span", null, model.name, h("small", null, about.join(" · "))), state(model), chat, keepsModels && model.owner === "owner" && more, model.measured && speedChart(model.measured));
}

/** To a new chat with it. @param {Model} model */
function talk(model) {
  taste.set("model", model.name);
  go("/");
}

/** @param {Model} model */
function state(model) {
  if (model.loading !== null) return h("span", { class: "state" }, t("model-loading", { percent: Math.round(model.loading * 100) }));
  if (model.memory_bytes !== null) return h("span", { class: "state is-good" }, t("model-in-memory", { bytes: size(model.memory_bytes) }));
  return model.owner === "owner" ? h("span", { class: "state" }, t("model-asleep")) : null;
}
