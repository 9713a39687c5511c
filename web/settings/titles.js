// Whether models write the titles of chats: the owner decides, everybody sees it.
import { ask, inWords } from "../ground/api.js";
import { h } from "../ground/dom.js";
import { notice } from "../ground/notice.js";
import { app } from "../ground/state.js";
import { t } from "../ground/words.js";

export function titles() {
  const decides = app.now.who?.role === "owner";
  const change = async (/** @type {boolean} */ titles) => {
    try {
      await ask("PATCH", "/api/house", { titles });
    } catch (error) {
      notice(inWords(error));
      load();
    }
  };
  const options = [true, false].map((value) => h("input", { type: "radio", name: "titles", "data-value": String(value), disabled: !decides, onchange: () => change(value) }));
  const load = async () => {
    try {
      const house = await ask("GET", "/api/house");
      for (const option of options) option.checked = option.dataset.value === String(house.titles);
    } catch (error) {
      notice(inWords(error));
    }
  };
  load();
  const labels = options.map((option) => h("label", null, option, h("span", null, t(option.dataset.value === "true" ? "titles-model" : "titles-words"))));
  return [h("p", { class: "faint" }, t("titles-about")), h("div", { class: "segments", role: "radiogroup", "aria-label": t("titles") }, labels)];
}
