// A repair that is asked for with words of one's own: which tests, and how long.
import { ask, told } from "../ground/api.js";
import { dialog } from "../ground/dialog.js";
import { fill, h } from "../ground/dom.js";
import { t } from "../ground/words.js";

/**
 * @param {string} path The folder's address.
 * @param {{ test?: string, seconds?: number, baseline_seconds?: number } | null} last What was asked for last.
 * @param {() => void} begun
 */
export function chooseRepair(path, last, begun) {
  dialog({ title: t("repair-options"), kind: "small" }, (close) => {
    const test = h("input", { id: "repair-test", value: last?.test ?? "", maxlength: 1000, placeholder: "cargo test -p one --lib", autocomplete: "off", spellcheck: "false", autocapitalize: "off", "aria-describedby": "repair-test-about" });
    const seconds = h("input", { id: "repair-seconds", type: "number", min: 1, max: 3600, required: true, value: String(last?.seconds ?? 60) });
    const first = h("input", { id: "repair-first", type: "number", min: 1, max: 60, required: true, value: String(Math.round((last?.baseline_seconds ?? 300) / 60)), "aria-describedby": "repair-first-about" });
    const wrong = h("div", { class: "wrong", role: "alert" });
    const submit = async (/** @type {Event} */ event) => {
      event.preventDefault();
      fill(wrong);
      try {
        await ask("POST", `${path}/fix`, { test: test.value.trim() || undefined, seconds: Number(seconds.value), baseline_seconds: Number(first.value) * 60 });
        close();
        begun();
      } catch (error) {
        fill(wrong, told(error));
      }
    };
    const field = (/** @type {HTMLInputElement} */ input, /** @type {string} */ key, about = "") =>
      h("div", { class: "field" }, h("label", { for: input.id }, t(key)), input, about && h("p", { class: "faint", id: `${input.id}-about` }, t(about)));
    return [
      h(
        "form",
        { class: "fields", onsubmit: submit },
        field(test, "repair-test", "repair-test-about"), field(seconds, "repair-seconds"), field(first, "repair-first", "repair-first-about"), wrong,
        h("footer", { class: "dialog-foot" }, h("button", { class: "plain", type: "button", onclick: close }, t("cancel")), h("button", { class: "main" }, t("repair"))),
      ),
    ];
  });
}
