// The turns of a branch, one below the other. Only those about to be seen are put in, so that ten thousand are as
// quick as ten; those far away are left out of the layout by the browser.
import { h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { t } from "../ground/words.js";
import { isRunning } from "./tree.js";
import { TurnView } from "./turn.js";

/** @typedef {import("./tree.js").Turn} Turn */

/** Pixels from the end within which what is new pulls the page along. */
const NEAR = 80;

/** Turns that are put in, and left out of the layout, together. */
const STRETCH = 8;

/** @typedef {{ element: HTMLElement, views: TurnView[] }} Stretch */

export class Thread {
  /** @param {import("./turn.js").Acts} acts */
  constructor(acts) {
    this.acts = acts;
    this.column = h("div", { class: "column" });
    this.toEnd = h("button", { class: "to-end", type: "button", "aria-label": t("to-end"), hidden: true, onclick: () => this.end(true) }, icon("down"));
    this.element = h("div", { class: "thread", tabindex: "0", role: "log", "aria-live": "off", "aria-label": t("conversation") }, this.column);
    /** @type {Map<string, TurnView>} */
    this.views = new Map();
    /** @type {string[]} */
    this.shown = [];
    /** @type {Stretch[]} */
    this.stretches = [];
    this.isAtEnd = true;
    this.isDue = false;
    /** @type {Set<Turn>} */
    this.changed = new Set();
    this.near = new IntersectionObserver((seen) => this.seen(seen), { root: this.element, rootMargin: "1200px 0px" });
    this.element.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.size = new ResizeObserver(() => this.isAtEnd && this.end());
    this.size.observe(this.column);
    this.size.observe(this.element);
  }

  /** Shows a branch: what is the same at its beginning stays. @param {Turn[]} path */
  show(path) {
    let same = 0;
    while (same < path.length && path[same]?.id === this.shown[same]) same += 1;
    this.cut(same);
    for (const turn of path.slice(same)) this.append(turn);
    this.shown = path.map((turn) => turn.id);
    // The end is seen first.
    for (const turn of path.slice(-3)) this.views.get(turn.id)?.fill();
    for (const turn of path.slice(-50)) this.views.get(turn.id)?.renumber();
  }

  /** Takes away all but the first `count` turns. @param {number} count */
  cut(count) {
    for (const id of this.shown.slice(count)) {
      this.views.get(id)?.element.remove();
      this.views.delete(id);
    }
    const whole = Math.ceil(count / STRETCH);
    for (const { element } of this.stretches.splice(whole)) {
      this.near.unobserve(element);
      element.remove();
    }
    const last = this.stretches.at(-1);
    last?.views.splice(count - (whole - 1) * STRETCH);
  }

  /** @param {Turn} turn */
  append(turn) {
    let last = this.stretches.at(-1);
    if (!last || last.views.length === STRETCH) {
      last = { element: h("div", { class: "stretch", "data-at": this.stretches.length }), views: [] };
      this.stretches.push(last);
      this.column.append(last.element);
    }
    const view = new TurnView(turn, this.acts);
    this.views.set(turn.id, view);
    last.views.push(view);
    last.element.append(view.element);
    last.element.style.setProperty("--guess", `${last.views.reduce((sum, view) => sum + view.guess, 0)}px`);
    // Asked anew, it answers anew.
    this.near.unobserve(last.element);
    this.near.observe(last.element);
  }

  /** A turn has changed; it is drawn with the next frame. @param {Turn} turn */
  touch(turn) {
    this.changed.add(turn);
    if (this.isDue) return;
    this.isDue = true;
    const draw = () => {
      this.isDue = false;
      for (const turn of this.changed) this.views.get(turn.id)?.update();
      this.changed.clear();
    };
    // Nothing is drawn in tabs that nobody sees, which must not make what comes pile up.
    if (document.hidden) setTimeout(draw, 250);
    else requestAnimationFrame(draw);
  }

  /** @param {IntersectionObserverEntry[]} seen */
  seen(seen) {
    for (const { target, isIntersecting } of seen) {
      if (!isIntersecting) continue;
      this.near.unobserve(target);
      const stretch = this.stretches[Number(target.getAttribute("data-at"))];
      for (const view of stretch?.views ?? []) view.fill();
    }
  }

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    this.isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    this.toEnd.hidden = this.isAtEnd;
  }

  /** @param {boolean} [isSmooth] */
  end(isSmooth = false) {
    this.isAtEnd = true;
    this.element.scrollTo({ top: this.element.scrollHeight, behavior: isSmooth && !prefersStill() ? "smooth" : "instant" });
  }

  /** @param {string} id */
  reveal(id) {
    const view = this.views.get(id);
    if (!view) return;
    view.fill();
    this.isAtEnd = false;
    view.element.scrollIntoView({ block: "start" });
    view.element.classList.add("is-found");
    setTimeout(() => view.element.classList.remove("is-found"), 2000);
  }

  /** @param {Turn[]} path */
  isBusy(path) {
    const last = path.at(-1);
    return last !== undefined && isRunning(last);
  }

  leave() {
    this.near.disconnect();
    this.size.disconnect();
  }
}

function prefersStill() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
