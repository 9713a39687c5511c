// Choosing a password.
import { ask, inWords } from "../ground/api.js";
import { h } from "../ground/dom.js";
import { notice } from "../ground/notice.js";
import { app } from "../ground/state.js";
import { t } from "../ground/words.js";

/** Letters of a password at least. */
const LETTERS_MIN = 12;

/** @param {boolean} [asksForOld] */
export function chosenPassword(asksForOld = false) {
  const said = h("p", { class: "said-wrong", role: "alert" });
  const old = h("input", { id: "old", type: "password", autocomplete: "current-password" });
  const fresh = h("input", { id: "new", type: "password", autocomplete: "new-password", minlength: LETTERS_MIN, required: true });
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    said.textContent = "";
    try {
      app.set({ who: await ask("PUT", "/api/session/password", { old: old.value || undefined, new: fresh.value }) });
      form.reset();
      notice(t("password-kept"));
    } catch (error) {
      said.textContent = inWords(error);
    }
  };
  const form = h(
    "form",
    { class: "lines", onsubmit: submit },
    asksForOld && [h("label", { for: "old" }, t("password-old")), old],
    h("label", { for: "new" }, t("password-new", { letters: LETTERS_MIN })),
    fresh,
    said,
    h("button", { class: "plain" }, t("keep")),
  );
  return form;
}
