// What others see one called.
import { ask, told } from "../ground/api.js";
import { fill, h } from "../ground/dom.js";
import { notice } from "../ground/notice.js";
import { app } from "../ground/state.js";
import { t } from "../ground/words.js";

/** Characters of a name at most. */
export const NAME_MAX = 64;

export function chosenName() {
  const who = app.now.who;
  const said = h("div", { class: "said-wrong", role: "alert" });
  const name = h("input", { id: "display-name", value: who?.display_name ?? "", maxlength: NAME_MAX, autocomplete: "name", "aria-describedby": "display-name-about" });
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    fill(said);
    try {
      const now = await ask("PATCH", "/api/session", { display_name: name.value });
      app.set({ who: now });
      name.value = now.display_name;
      notice(t("name-kept", { name: now.display_name }));
    } catch (error) {
      fill(said, told(error));
    }
  };
  return h(
    "form",
    { class: "lines", onsubmit: submit },
    h("label", { for: "display-name" }, t("display-name")),
    h("div", { class: "row" }, name, h("button", { class: "plain" }, t("keep"))),
    h("small", { class: "faint", id: "display-name-about" }, t("display-name-about", { name: who?.name ?? "" })),
    said,
  );
}
