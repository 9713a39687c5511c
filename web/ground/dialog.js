// Windows over the page, and menus beside a button. Browsers keep the focus inside, and Esc closes.
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./words.js";

/**
 * @param {{ title: string, kind?: string, hidesTitle?: boolean }} about
 * @param {(close: () => void) => (Node | string)[]} content
 */
export function dialog(about, content) {
  const box = h("dialog", { class: `dialog ${about.kind ?? ""}`, "aria-label": about.title });
  const close = () => box.close();
  const title = h("h2", { tabindex: "-1" }, about.title);
  const head = h(
    "header",
    { class: about.hidesTitle ? "hidden" : "dialog-head" },
    title,
    h("button", { class: "quiet", type: "button", "aria-label": t("close"), onclick: close }, icon("close")),
  );
  box.append(...(about.hidesTitle ? [] : [head]), ...content(close));
  box.addEventListener("close", () => box.remove());
  box.addEventListener("mousedown", (event) => {
    if (event.target === box) close();
  });
  document.body.append(box);
  box.showModal();
  begin(box, title);
  return box;
}

/** What is written into, if anything that is seen; on glass that would bring up the keyboard over what is to be read. */
const FIELD = "input:not([type=hidden], [type=file], [type=radio], [type=checkbox], :disabled), textarea:not(:disabled), select:not(:disabled)";

/**
 * Puts the focus where one begins: into the first field, or to the title, from which everything follows.
 * @param {HTMLDialogElement} box
 * @param {HTMLElement} title
 */
function begin(box, title) {
  const asked = box.querySelector("[autofocus]");
  const fields = matchMedia("(pointer: coarse)").matches ? [] : [...box.querySelectorAll(FIELD)];
  const first = asked ?? fields.find((field) => field.checkVisibility?.() ?? true);
  /** @type {HTMLElement} */ (first ?? title).focus({ preventScroll: true });
}

/**
 * Asks for a line of text.
 * @param {string} title
 * @param {string} value
 * @param {(text: string) => void} done
 */
export function prompt(title, value, done) {
  dialog({ title, kind: "small" }, (close) => {
    const field = h("input", { value, "aria-label": title, maxlength: 200, autofocus: true });
    const form = h(
      "form",
      {
        onsubmit: (/** @type {Event} */ event) => {
          event.preventDefault();
          close();
          done(field.value);
        },
      },
      field,
      h("footer", { class: "dialog-foot" }, h("button", { class: "plain", type: "button", onclick: close }, t("cancel")), h("button", { class: "main" }, t("keep"))),
    );
    queueMicrotask(() => field.select());
    return [form];
  });
}

/**
 * @typedef {{ label: string, icon?: string, act: () => void, isDanger?: boolean, isChosen?: boolean, about?: string }} Choice
 */

/**
 * A menu beside a button.
 * @param {HTMLElement} button
 * @param {(Choice | null)[]} choices
 * @param {string} label
 */
export function menu(button, choices, label) {
  document.querySelector(".menu")?.remove();
  const isListing = choices.some((choice) => choice?.isChosen !== undefined);
  const items = choices.map((choice) => {
    if (!choice) return h("hr", { role: "separator" });
    const item = h(
      "button",
      {
        type: "button",
        role: isListing ? "menuitemradio" : "menuitem",
        "aria-checked": isListing ? String(choice.isChosen === true) : undefined,
        class: choice.isDanger ? "danger" : "",
        tabindex: "-1",
        onclick: () => (close(), choice.act()),
      },
      choice.icon && icon(choice.icon),
      h("span", null, choice.label, choice.about && h("small", null, choice.about)),
      choice.isChosen && icon("done"),
    );
    return item;
  });
  const box = h("div", { class: "menu", role: "menu", "aria-label": label, popover: "auto" }, items);
  const buttons = items.filter((item) => item instanceof HTMLButtonElement);
  const close = () => box.hidePopover();
  box.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + buttons.length, Home: 0, End: buttons.length - 1 }[event.key];
    if (event.key === "Tab") close();
    if (to === undefined) return;
    event.preventDefault();
    buttons[to % buttons.length]?.focus();
  });
  box.addEventListener("toggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState !== "closed") return;
    button.setAttribute("aria-expanded", "false");
    if (box.contains(document.activeElement) || document.activeElement === document.body) button.focus();
    box.remove();
  });
  // Inside of a window it must lie in that window to be reached, and elsewhere in the part of the page that it is of.
  (button.closest("dialog, main, aside") ?? document.body).append(box);
  button.setAttribute("aria-expanded", "true");
  box.showPopover();
  settle(box, button);
  (buttons.find((item) => item.getAttribute("aria-checked") === "true") ?? buttons[0])?.focus();
}

/**
 * @param {HTMLElement} box
 * @param {HTMLElement} button
 */
function settle(box, button) {
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = box;
  const below = at.bottom + 6 + height <= innerHeight;
  const left = Math.min(Math.max(8, at.left + width > innerWidth - 8 ? at.right - width : at.left), Math.max(8, innerWidth - width - 8));
  box.style.left = `${left}px`;
  box.style.top = `${below ? at.bottom + 6 : Math.max(8, at.top - 6 - height)}px`;
}
