// Training: models that are being made. Curves as they go, runs beside each other, and what the model says on the way.
import { ask, told } from "../ground/api.js";
import { fill, h } from "../ground/dom.js";
import { may } from "../ground/state.js";
import { count } from "../ground/when.js";
import { t } from "../ground/words.js";
import { railButton } from "../shell/frame.js";
import { chart } from "./chart.js";
import { left } from "../ground/left.js";

/** @typedef {{ step: number, steps: number, loss: number, tokens: number, tokens_per_second: number, utilisation: number, seconds_left: number }} Step */
/** @typedef {{ id: string, name: string, recipe: string, out: string, state: "running" | "stopped" | "done", stage: string | null, step: Step | null }} Training */
/**
 * @typedef {{
 *   name: string, is_done: boolean, steps: number[], loss: number[], learning_rate: number[], tokens_per_second: number[],
 *   measured: { step: number, data: string, loss: number }[],
 *   samples: { step: number, question: string, answer: string }[],
 *   notes: { step: number, text: string }[],
 * }} Stage
 */
/** @typedef {Training & { stages: Stage[] }} Whole */

/** How often it is looked while something is trained, and while nothing is, in milliseconds. */
const SOON = 4000;
const LATER = 15_000;

/** Runs that are shown beside each other at most: as many as colours are told apart. */
const SHOWN_MAX = 4;

/** @returns {import("../main.js").Page} */
export function trainingPage() {
  const list = h("ul", { class: "rows trainings" });
  const curves = h("div", { class: "curves" });
  /** Which are shown; the newest that runs, until somebody chooses. @type {Set<string> | null} */
  let chosen = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let shown = "";
  let isLeft = false;
  const load = async () => {
    clearTimeout(timer);
    if (!may("manage_models")) return fill(list, h("li", { class: "faint" }, t("training-others")));
    let wait = LATER;
    try {
      /** @type {Training[]} */
      const all = (await ask("GET", "/api/trainings")).data;
      const picked = all.filter((one) => (chosen ?? first(all)).has(one.id)).slice(0, SHOWN_MAX);
      const wholes = /** @type {Whole[]} */ (await Promise.all(picked.map((one) => ask("GET", `/api/trainings/${one.id}`))));
      if (isLeft) return;
      if (all.some((one) => one.state === "running")) wait = SOON;
      const now = JSON.stringify([all, wholes]);
      if (now !== shown) {
        const focus = document.activeElement instanceof HTMLInputElement ? document.activeElement.value : null;
        fill(list, all.length ? all.map((one) => row(one, picked, choose)) : h("li", { class: "faint" }, t("no-trainings")));
        if (focus !== null) /** @type {HTMLElement | null} */ (list.querySelector(`input[value="${CSS.escape(focus)}"]`))?.focus();
        fill(curves, ...stagesOf(wholes));
      }
      shown = now;
    } catch (error) {
      shown = "";
      fill(list, h("li", { class: "faint" }, told(error)));
    }
    timer = setTimeout(load, wait);
  };
  /** @param {string} id @param {boolean} isWanted @param {string[]} before */
  const choose = (id, isWanted, before) => {
    chosen = new Set(before);
    if (isWanted) chosen.add(id);
    else chosen.delete(id);
    load();
  };
  load();
  const element = h(
    "div",
    { class: "page" },
    h("header", { class: "page-head" }, railButton(), h("h1", null, t("training"))),
    h(
      "div",
      { class: "page-body", tabindex: "0", role: "group", "aria-label": t("training") },
      h("section", { class: "wide", "aria-labelledby": "trainings" }, h("h2", { id: "trainings" }, t("trainings")), h("div", null, list, h("p", { class: "faint" }, t("training-how"), " ", h("code", null, "freehold train recipe.toml")))),
      curves,
    ),
  );
  dispatchEvent(new CustomEvent("freehold:shown"));
  const leave = () => ((isLeft = true), clearTimeout(timer));
  return { element, title: t("training"), name: "training", leave };
}

/** What is worth seeing unasked. @param {Training[]} all @returns {Set<string>} */
function first(all) {
  const running = all.filter((one) => one.state === "running");
  const some = running.length ? running : all.slice(0, 1);
  return new Set(some.map((one) => one.id));
}

/**
 * @param {Training} one
 * @param {Training[]} picked
 * @param {(id: string, isWanted: boolean, before: string[]) => void} choose
 */
function row(one, picked, choose) {
  const at = picked.findIndex((other) => other.id === one.id);
  const before = picked.map((other) => other.id);
  const box = h("input", { type: "checkbox", value: one.id, checked: at >= 0, disabled: at < 0 && picked.length >= SHOWN_MAX });
  box.addEventListener("change", () => choose(one.id, box.checked, before));
  const { step } = one;
  const about = [
    one.stage && step && t("training-at", { stage: one.stage, step: count(step.step), steps: count(step.steps) }),
    step && t("training-loss", { loss: step.loss.toFixed(3) }),
    step && one.state === "running" && t("training-speed", { rate: count(Math.round(step.tokens_per_second)), share: Math.round(100 * step.utilisation) }),
    step && one.state === "running" && t("training-left", { left: left(step.seconds_left) }),
  ].filter(Boolean);
  const share = step && step.steps ? step.step / step.steps : 0;
  return h(
    "li",
    null,
    h("label", { class: "training" }, box, h("i", { class: at >= 0 ? `dot is-${at}` : "dot", "aria-hidden": "true" }), h("span", null, one.name, h("small", null, about.join(" · ")))),
    h("span", { class: one.state === "stopped" ? "state" : "state is-good" }, t(`training-${one.state}`)),
    one.state === "running" && h("div", { class: "bar", role: "meter", "aria-label": one.name, "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": Math.round(share * 100) }, h("span", { vars: { "--share": share } })),
  );
}

/** A part of the page for each stage, with the curves of all runs that have it. @param {Whole[]} wholes */
function stagesOf(wholes) {
  const names = [...new Set(wholes.flatMap((whole) => whole.stages.filter((stage) => stage.steps.length).map((stage) => stage.name)))];
  return names.map((name) => {
    const runs = wholes.map((whole, at) => ({ name: whole.name, at, stage: whole.stages.find((stage) => stage.name === name) })).filter((run) => run.stage?.steps.length);
    const curves = runs.map(({ name: run, at, stage }) => ({ name: run, at, stage: /** @type {Stage} */ (stage) }));
    const id = `stage-${name}`;
    return h("section", { class: "wide", "aria-labelledby": id }, h("h2", { id }, name), h("div", null, chart(curves), curves.map(said), curves.map(noted)));
  });
}

/** The newest answers. @param {{ name: string, at: number, stage: Stage }} run */
function said({ name, at, stage }) {
  const last = stage.samples.at(-1)?.step;
  const newest = stage.samples.filter((sample) => sample.step === last);
  if (newest.length === 0) return null;
  return h(
    "figure",
    { class: "samples" },
    h("figcaption", null, h("i", { class: `dot is-${at}`, "aria-hidden": "true" }), t("training-samples", { name, step: count(last ?? 0) })),
    h("dl", null, newest.flatMap((sample) => [h("dt", null, sample.question), h("dd", null, h("code", null, sample.answer || "…"))])),
  );
}

/** What a person should know. @param {{ name: string, stage: Stage }} run */
function noted({ name, stage }) {
  if (stage.notes.length === 0) return null;
  const notes = stage.notes.slice(-20).map((note) => h("li", null, t("training-step", { step: count(note.step) }), " ", note.text));
  return h("details", { class: "past" }, h("summary", null, t("training-notes", { name, count: stage.notes.length })), h("ul", null, notes));
}
