// The keys of a field in which people write: the same wherever something is sent.
import { t } from "../ground/words.js";

/** Whether there is a keyboard at hand, and not only glass. */
export function hasKeys() {
  return !matchMedia("(pointer: coarse)").matches;
}

/** Whether a key sends: Enter does, but for keyboards on glass, where it begins a line. @param {KeyboardEvent} event */
export function isSending(event) {
  return event.key === "Enter" && !event.shiftKey && !event.isComposing && (hasKeys() || event.ctrlKey || event.metaKey);
}

/** What the keys do, in words; nothing where there are none. */
export function keysInWords() {
  return hasKeys() ? t("edit-keys") : "";
}
