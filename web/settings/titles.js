// Whether models write the titles of chats: the owner decides, everybody sees it.
import { ask, told } from "../ground/api.js";
import { fill, h } from "../ground/dom.js";
import { notice } from "../ground/notice.js";
import { may } from "../ground/state.js";
import { t } from "../ground/words.js";

export function titles() {
  return may("operate") ? chosen() : seen();
}

function chosen() {
  const change = async (/** @type {boolean} */ titles) => {
    try {
      await ask("PATCH", "/api/house", { titles });
    } catch (error) {
      notice(told(error));
      load();
    }
  };
  const options = [true, false].map((value) => h("input", { type: "radio", name: "titles", "data-value": String(value), onchange: () => change(value) }));
  const load = async () => {
    try {
      const house = await ask("GET", "/api/house");
      for (const option of options) option.checked = option.dataset.value === String(house.titles);
    } catch (error) {
      notice(told(error));
    }
  };
  load();
  const labels = options.map((option) => h("label", null, option, h("span", null, t(option.dataset.value === "true" ? "titles-model" : "titles-words"))));
  return [h("p", { class: "faint" }, t("titles-about")), h("div", { class: "segments", role: "radiogroup", "aria-label": t("titles") }, labels)];
}

/** What is decided, for those who do not. */
function seen() {
  const now = h("p");
  ask("GET", "/api/house").then((house) => fill(now, t(house.titles ? "titles-model" : "titles-words")), (error) => fill(now, told(error)));
  return [h("p", { class: "faint" }, t("titles-about"), " ", t("titles-owner")), now];
}
