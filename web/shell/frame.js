// The frame of all pages: what is kept to the left, the page to the right.
import { fill, h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { app } from "../ground/state.js";
import { t } from "../ground/words.js";
import { rail } from "./rail.js";

/** @type {{ element: HTMLElement, main: HTMLElement } | null} */
let made = null;

/**
 * @param {HTMLElement} root
 * @param {import("../main.js").Page} page
 */
export function frame(root, page) {
  made ??= make();
  if (made.element.parentElement !== root) root.replaceChildren(made.element);
  fill(made.main, page.element);
  app.set({ isRailOpen: false });
}

function make() {
  const main = h("main", { id: "main", tabindex: "-1" });
  const side = rail();
  const veil = h("div", { class: "veil", onclick: () => app.set({ isRailOpen: false }) });
  const element = h("div", { class: "frame" }, side, veil, main);
  app.watch(["isRailOpen"], ({ isRailOpen }) => {
    element.classList.toggle("is-rail-open", isRailOpen);
    main.inert = isRailOpen;
    const isNarrow = matchMedia("(max-width: 52rem)").matches;
    side.inert = isNarrow && !isRailOpen;
    if (isRailOpen) side.querySelector("a")?.focus();
  });
  matchMedia("(max-width: 52rem)").addEventListener("change", (event) => {
    side.inert = event.matches;
    app.set({ isRailOpen: false });
  });
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && app.now.isRailOpen) app.set({ isRailOpen: false });
  });
  return { element, main };
}

/** The button that opens the rail where there is no room for it. */
export function railButton() {
  const open = () => app.set({ isRailOpen: true });
  return h("button", { class: "quiet rail-button", type: "button", "aria-label": t("open-rail"), onclick: open }, icon("panel"));
}
