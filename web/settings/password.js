// Choosing a password.
import { ask, told } from "../ground/api.js";
import { fill, h } from "../ground/dom.js";
import { notice } from "../ground/notice.js";
import { app } from "../ground/state.js";
import { t } from "../ground/words.js";

/** Letters of a password at least. */
const LETTERS_MIN = 12;

/** The old one is asked for where there is one, and not of who just came by a link. */
export function chosenPassword() {
  const asksForOld = app.now.who?.asks_for_password === true;
  const said = h("div", { class: "said-wrong", role: "alert" });
  const old = h("input", { id: "old", type: "password", autocomplete: "current-password", required: true });
  const fresh = h("input", { id: "new", type: "password", autocomplete: "new-password", minlength: LETTERS_MIN, required: true });
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    said.textContent = "";
    try {
      app.set({ who: await ask("PUT", "/api/session/password", { old: old.value || undefined, new: fresh.value }) });
      notice(t("password-kept"));
      // From now on there is an old one.
      form.replaceWith(chosenPassword());
    } catch (error) {
      fill(said, told(error));
    }
  };
  const form = h(
    "form",
    { class: "lines", onsubmit: submit },
    asksForOld && [h("label", { for: "old" }, t("password-old")), old],
    h("label", { for: "new" }, t(app.now.who?.has_password ? "password-new" : "password-first", { letters: LETTERS_MIN })),
    fresh,
    said,
    h("button", { class: "plain" }, t("keep")),
  );
  return form;
}
