// A turn on the page: what was asked, and what was answered.
import { h, fill } from "../ground/dom.js";
import { failed, told } from "../ground/errors.js";
import { icon } from "../ground/icons.js";
import { count } from "../ground/when.js";
import { t } from "../ground/words.js";
import { copied } from "../prose/code.js";
import { Prose } from "../prose/markdown.js";
import { card, length } from "./attachments.js";
import { editBox, hasDraft } from "./edit.js";
import { askedText, attached, isRunning, saidText } from "./tree.js";

/** @typedef {import("./tree.js").Turn} Turn */
/** @typedef {import("./tree.js").Item} Item */
/**
 * @typedef {{
 *   again: (turn: Turn) => void, edit: (turn: Turn, text: string) => Promise<boolean>, choose: (id: string) => void,
 *   answers: (turn: Turn) => Turn[], questions: (turn: Turn) => Turn[], draft: (turn: Turn) => string | null,
 * }} Acts
 */
/** @typedef {{ element: HTMLElement, set: (item: Item, isWhole: boolean) => void }} ItemView */

/** Letters in a line, to guess how high something will be. */
const LINE = 80;

export class TurnView {
  /**
   * @param {Turn} turn
   * @param {Acts} acts
   */
  constructor(turn, acts) {
    this.turn = turn;
    this.acts = acts;
    /** About how high it is, in pixels. */
    this.guess = guess(turn);
    this.element = h("article", { class: "turn is-unfilled", id: `turn-${turn.id}`, vars: { "--guess": `${this.guess}px` } });
    this.isFilled = false;
    /** @type {boolean | undefined} */
    this.wasRunning = undefined;
    /** @type {(ItemView & { type: string })[]} */
    this.items = [];
  }

  /** Puts in what the turn holds, once it is about to be seen. */
  fill() {
    if (this.isFilled) return;
    this.isFilled = true;
    this.element.classList.remove("is-unfilled");
    this.asked = h("section", { class: "asked" });
    this.body = h("div", { class: "said-items" });
    this.foot = h("footer", { class: "acts" });
    const who = h("h3", { class: "who" }, this.turn.model ?? "");
    const forgotten = this.turn.forgotten ? h("p", { class: "forgotten" }, t("forgotten", { count: this.turn.forgotten })) : "";
    this.said = h("section", { class: "said" }, who, forgotten, this.body, this.foot);
    this.element.append(this.asked, this.said);
    this.showAsked();
    this.update();
  }

  showAsked() {
    const { turn } = this;
    const text = askedText(turn);
    const files = attached(turn).map((part) => card({ name: part.filename, about: length(part), url: part.image_url }));
    const edit = button("pen", t("edit"), () => this.edit());
    const copy = button("copy", t("copy"), () => copied(copy, text));
    fill(
      /** @type {HTMLElement} */ (this.asked),
      h("h2", { class: "hidden" }, t("you-said")),
      files.length > 0 && h("div", { class: "attachments" }, files),
      text && h("div", { class: "bubble" }, text),
      h("div", { class: "acts" }, this.switcher(this.acts.questions(turn), t("question")), copy, edit),
    );
    if (hasDraft(this.acts.draft(turn))) this.edit();
  }

  /** Shows the turn as it is now. */
  update() {
    if (!this.isFilled) return;
    const { turn } = this;
    const running = isRunning(turn);
    turn.output.forEach((item, at) => this.put(item, at, !running || at < turn.output.length - 1 || item.status === "completed"));
    for (const view of this.items.splice(turn.output.length)) view.element.remove();
    const isSilent = running && turn.output.length === 0;
    this.said?.classList.toggle("is-waiting", isSilent);
    this.said?.classList.toggle("is-running", running);
    if (running === this.wasRunning) return;
    this.wasRunning = running;
    this.showFoot(running);
  }

  /**
   * @param {Item} item
   * @param {number} at
   * @param {boolean} isWhole
   */
  put(item, at, isWhole) {
    let view = this.items[at];
    if (view?.type !== item.type) {
      const fresh = { ...viewOf(item), type: item.type };
      if (view) view.element.replaceWith(fresh.element);
      else this.body?.append(fresh.element);
      this.items[at] = view = fresh;
    }
    view.set(item, isWhole);
  }

  /** @param {boolean} running */
  showFoot(running) {
    const { turn } = this;
    const foot = /** @type {HTMLElement} */ (this.foot);
    if (running) return fill(foot);
    const text = saidText(turn);
    const copy = button("copy", t("copy"), () => copied(copy, saidText(turn)));
    const again = button("again", t("again"), () => this.acts.again(turn));
    fill(foot, this.switcher(this.acts.answers(turn), t("answer")), text && copy, again, h("span", { class: "measured" }, measured(turn)));
    this.said?.querySelector(".trouble")?.remove();
    const trouble = this.trouble();
    if (trouble) foot.before(trouble);
  }

  /** What went wrong, and what to do. */
  trouble() {
    const { status, error } = this.turn;
    if (status === "cancelled") return h("p", { class: "trouble faint" }, t("stopped"));
    if (status === "incomplete") return h("p", { class: "trouble faint" }, t("cut-off"));
    if (status !== "failed") return null;
    const again = h("button", { class: "plain", type: "button", onclick: () => this.acts.again(this.turn) }, t("try-again"));
    return h("div", { class: "trouble is-wrong", role: "alert" }, icon("warn"), h("div", null, error ? told(failed(error, "server_error")) : t("answer-failed")), again);
  }

  /**
   * @param {Turn[]} turns
   * @param {string} what
   */
  switcher(turns, what) {
    if (turns.length < 2) return null;
    const at = turns.findIndex((turn) => turn.id === this.turn.id);
    const to = (/** @type {number} */ step) => () => this.acts.choose(/** @type {Turn} */ (turns[at + step]).id);
    const before = button("left", t("one-before", { what }), to(-1), at === 0);
    const after = button("right", t("one-after", { what }), to(1), at === turns.length - 1);
    return h("span", { class: "switcher", role: "group", "aria-label": t("versions", { what }) }, before, h("span", null, `${at + 1}/${turns.length}`), after);
  }

  /** Other branches have come: their numbers are shown. */
  renumber() {
    if (!this.isFilled) return;
    if (!this.asked?.querySelector("textarea")) this.showAsked();
    if (!isRunning(this.turn)) this.showFoot(false);
  }

  edit() {
    editBox(/** @type {HTMLElement} */ (this.asked), askedText(this.turn), this.acts.draft(this.turn), {
      send: (text) => this.acts.edit(this.turn, text),
      close: () => this.showAsked(),
    });
  }
}

/** @param {Item} item @returns {ItemView} */
function viewOf(item) {
  if (item.type === "reasoning") return thought();
  if (item.type === "function_call" || item.type === "custom_tool_call") return call();
  if (item.type !== "message") return { element: h("div"), set() {} };
  const element = h("div", { class: "prose" });
  const prose = new Prose(element);
  const set = (/** @type {Item} */ item, /** @type {boolean} */ isWhole) =>
    prose.set((item.content ?? []).map((part) => part.text ?? part.refusal ?? "").join(""), isWhole);
  return { element, set };
}

/** @returns {ItemView} */
function thought() {
  const label = h("span", null, t("thinking"));
  const inner = h("div", { class: "prose" });
  const prose = new Prose(inner);
  const element = h("details", { class: "thought" }, h("summary", null, icon("mind"), label), inner);
  let text = "";
  let isWhole = false;
  const show = () => element.open && prose.set(text, isWhole);
  element.addEventListener("toggle", show);
  return {
    element,
    set(item, whole) {
      text = (item.content ?? []).map((part) => part.text ?? "").join("");
      isWhole = whole;
      label.textContent = whole ? t("thought") : t("thinking");
      element.classList.toggle("is-running", !whole);
      show();
    },
  };
}

/** @returns {ItemView} */
function call() {
  const name = h("code");
  const state = h("span", { class: "faint" });
  const given = h("pre", { tabindex: "0" });
  const element = h("details", { class: "call" }, h("summary", null, icon("tool"), name, state), given);
  return {
    element,
    set(item, isWhole) {
      name.textContent = [item.namespace, item.name].filter(Boolean).join(" › ");
      state.textContent = isWhole ? t("call-asked") : t("call-running");
      given.textContent = pretty(item.arguments ?? item.input ?? "");
    },
  };
}

/** @param {string} text */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** @param {Turn} turn */
function measured(turn) {
  const tokens = turn.usage?.output_tokens;
  if (!tokens) return "";
  const spoken = (turn.timings?.total_ms ?? 0) - (turn.timings?.first_ms ?? 0);
  const words = t("tokens", { count: count(tokens) });
  if (!(spoken > 50) || tokens < 2) return words;
  return `${words} · ${t("per-second", { count: count(Math.round((tokens - 1) / (spoken / 1000))) })}`;
}

/**
 * @param {string} name
 * @param {string} label
 * @param {() => void} act
 * @param {boolean} [isOff]
 */
function button(name, label, act, isOff = false) {
  return h("button", { class: "quiet", type: "button", "aria-label": label, title: label, disabled: isOff, onclick: act }, icon(name));
}

/** About how high a turn will be, so that the page does not jump when it is put in. @param {Turn} turn */
function guess(turn) {
  const text = `${askedText(turn)}\n${saidText(turn)}`;
  const lines = text.split("\n").reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / LINE)), 0);
  return 150 + Math.min(lines, 400) * 26;
}
