// A line that comes, says something, and goes; with a way back where there is one.
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./words.js";

const SHOWN_MS = 8000;
const place = h("div", { class: "notices", role: "status", "aria-live": "polite" });

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

export function noticePlace() {
  return place;
}

/**
 * @param {string | import("./dom.js").Child[]} text
 * @param {{ label: string, act: () => void }} [action]
 */
export function notice(text, action) {
  clearTimeout(timer);
  const close = () => fill(place);
  const button = action && h("button", { class: "link", type: "button", onclick: () => (close(), action.act()) }, action.label);
  const quit = h("button", { class: "quiet", type: "button", "aria-label": t("close"), onclick: close }, icon("close"));
  fill(place, h("div", { class: "notice" }, h("div", null, text), button, quit));
  const wait = () => {
    timer = setTimeout(() => (place.matches(":hover, :focus-within") || place.querySelector("details[open]") ? wait() : close()), SHOWN_MS);
  };
  wait();
}
