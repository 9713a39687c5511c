// What was asked, as it is written anew. As in the composer, what is typed outlives a reload, and the same keys send.
import { fill, h, later } from "../ground/dom.js";
import { notice } from "../ground/notice.js";
import { taste } from "../ground/state.js";
import { t } from "../ground/words.js";
import { isSending, keysInWords } from "./keys.js";

let count = 0;

/** Whether something was typed under a key, and neither sent nor put away. @param {string | null} key */
export function hasDraft(key) {
  return key !== null && taste.get(key) !== null;
}

/**
 * Puts a field into `place` in which `text` is changed.
 * @param {HTMLElement} place
 * @param {string} text
 * @param {string | null} key Under which it is kept; nowhere, when none.
 * @param {{ send: (text: string) => Promise<boolean>, close: () => void }} acts
 */
export function editBox(place, text, key, acts) {
  const about = `edit-about-${(count += 1)}`;
  let isOver = false;
  const kept = key === null ? null : taste.get(key);
  const field = h("textarea", { "aria-label": t("edit"), value: kept ?? text, rows: 3, dir: "auto", "aria-describedby": about });
  const keep = () => key !== null && !isOver && taste.set(key, field.value === text ? null : field.value);
  const forget = () => key !== null && taste.set(key, null);
  const leaving = () => field.isConnected && keep();
  addEventListener("pagehide", leaving);
  const close = () => {
    isOver = true;
    removeEventListener("pagehide", leaving);
    forget();
    acts.close();
    /** @type {HTMLElement | null} */ (place.querySelector(".acts button:last-child"))?.focus();
  };
  const cancel = () => {
    const typed = field.value;
    close();
    if (typed === text) return;
    const back = () => {
      editBox(place, text, key, acts);
      const again = place.querySelector("textarea");
      if (again) again.value = typed;
      again?.dispatchEvent(new Event("input"));
    };
    notice(t("edit-gone"), { label: t("undo"), act: () => place.isConnected && back() });
  };
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!field.value.trim() || form.inert) return;
    form.inert = true;
    if (await acts.send(field.value)) close();
    form.inert = false;
  };
  const words = h("span", { class: "faint", id: about }, t("edit-about"), h("span", { class: "edit-keys" }, keysInWords()));
  const form = h(
    "form",
    { class: "edit", onsubmit: submit },
    field,
    h("div", null, words, h("button", { class: "plain", type: "button", onclick: cancel }, t("cancel")), h("button", { class: "main" }, t("send"))),
  );
  field.addEventListener("input", later(150, keep));
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) cancel();
    else if (isSending(event)) form.requestSubmit();
    else return;
    event.preventDefault();
  });
  fill(place, form);
  // One that was open before a reload does not take the focus from where people write.
  if (kept === null) field.focus();
}
