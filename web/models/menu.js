// What can be done with a model that is here.
import { ask, told } from "../ground/api.js";
import { dialog, menu } from "../ground/dialog.js";
import { h } from "../ground/dom.js";
import { notice } from "../ground/notice.js";
import { size } from "../ground/when.js";
import { t } from "../ground/words.js";

/** Formats that a model can be written in, smallest last. */
const FORMATS = ["BF16", "Q8_0", "Q6_K", "Q4_K_M", "Q4_0"];

/**
 * @param {HTMLElement} button
 * @param {import("./page.js").Model} model
 * @param {() => void} load
 */
export function modelMenu(button, model, load) {
  const path = `/api/models/${encodeURIComponent(model.name)}`;
  const act = async (/** @type {string} */ method, /** @type {string} */ to, /** @type {unknown} */ body = undefined) => {
    try {
      const done = ask(method, to, body);
      load();
      await done;
    } catch (error) {
      notice(told(error));
    }
    load();
  };
  menu(
    button,
    [
      model.memory_bytes === null
        ? { label: t("model-load"), icon: "download", act: () => act("POST", `${path}/load`) }
        : { label: t("model-unload"), icon: "undo", act: () => act("POST", `${path}/unload`) },
      { label: t("model-measure"), icon: "pulse", act: () => act("POST", `${path}/measure`) },
      { label: t("model-smaller"), icon: "sliders", act: () => smaller(model, (format) => act("POST", `${path}/quantise`, { format })) },
      null,
      { label: t("model-remove"), icon: "bin", isDanger: true, act: () => remove(model, () => act("DELETE", path)) },
    ],
    model.name,
  );
}

/**
 * @param {import("./page.js").Model} model
 * @param {(format: string) => void} chosen
 */
function smaller(model, chosen) {
  dialog({ title: t("model-smaller"), kind: "small" }, (close) => {
    const options = FORMATS.map((format) =>
      h("label", { class: "choice" }, h("input", { type: "radio", name: "format", value: format, checked: format === "Q4_K_M" }), h("span", null, format, h("small", null, t(`format-${format.toLowerCase()}`)))),
    );
    const submit = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const format = new FormData(/** @type {HTMLFormElement} */ (event.target)).get("format");
      close();
      chosen(String(format));
    };
    return [
      h("p", { class: "faint" }, t("model-smaller-about", { name: model.name })),
      h("form", { onsubmit: submit }, h("div", { class: "choices", role: "radiogroup", "aria-label": t("model-smaller") }, options), h("footer", { class: "dialog-foot" }, h("button", { class: "plain", type: "button", onclick: close }, t("cancel")), h("button", { class: "main" }, t("model-make")))),
    ];
  });
}

/**
 * Asks first: what is deleted of the disk does not come back.
 * @param {import("./page.js").Model} model
 * @param {() => void} agreed
 */
function remove(model, agreed) {
  dialog({ title: t("model-remove-title", { name: model.name }), kind: "small" }, (close) => [
    h("p", null, t("model-remove-about", { bytes: size(model.bytes) })),
    h("footer", { class: "dialog-foot" }, h("button", { class: "plain", type: "button", onclick: close }, t("cancel")), h("button", { class: "main is-danger", type: "button", onclick: () => (close(), agreed()) }, t("model-remove"))),
  ]);
}
