// A model comes: where from, under which licence, and whether it fits, before a byte of it is fetched.
import { ask, told } from "../ground/api.js";
import { fill, h } from "../ground/dom.js";
import { count, size } from "../ground/when.js";
import { t } from "../ground/words.js";

/** @typedef {{ id: string | null, stated_in: string | null, link: string | null, text: string | null }} Licence */
/**
 * @typedef {{
 *   name: string, source: string, bytes: number, files: number, licence: Licence, architecture: string | null,
 *   memory: { needed_bytes: number, available_bytes: number, fits: boolean }, parameters: number | null,
 *   is_known: boolean | null, is_fetched: boolean,
 * }} Offer
 */

/** @param {() => void} begun */
export function adding(begun) {
  const source = h("input", { id: "model-source", required: true, maxlength: 4096, placeholder: "hub:Qwen/Qwen3-0.6B", autocomplete: "off", spellcheck: "false", autocapitalize: "off" });
  const look = h("button", { class: "plain" }, t("model-look"));
  const shown = h("div", { role: "status" });
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    look.disabled = true;
    fill(shown, h("p", { class: "faint" }, t("model-looking")));
    try {
      const offer = await ask("POST", "/api/models/look", { source: source.value.trim() });
      fill(shown, card(offer, source.value.trim(), () => (fill(shown), (source.value = ""), begun())));
    } catch (error) {
      fill(shown, h("div", { class: "wrong", role: "alert" }, told(error)));
    } finally {
      look.disabled = false;
    }
  };
  return [
    h("p", { class: "faint" }, t("models-add-about")),
    h("form", { class: "row", onsubmit: submit }, h("label", { for: "model-source", class: "hidden" }, t("model-source")), source, look),
    shown,
  ];
}

/**
 * @param {Offer} offer
 * @param {string} source
 * @param {() => void} begun
 */
function card(offer, source, begun) {
  const name = h("input", { id: "model-name", value: offer.name, required: true, maxlength: 100, spellcheck: "false" });
  const failed = h("p", { class: "wrong", role: "alert", hidden: true });
  const agree = h("button", { class: "main" }, offer.is_fetched ? t("model-fetch", { bytes: size(offer.bytes) }) : t("model-add"));
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    agree.disabled = true;
    try {
      await ask("POST", "/api/models", { source, name: name.value.trim(), agreed: true });
      begun();
    } catch (error) {
      failed.hidden = false;
      fill(failed, told(error));
      agree.disabled = false;
    }
  };
  const facts = [
    offer.architecture,
    offer.parameters && t("model-parameters", { count: count(offer.parameters) }),
    t("model-size", { bytes: size(offer.bytes), files: offer.files }),
  ].filter(Boolean);
  return h(
    "form",
    { class: "offer", onsubmit: submit },
    h("p", null, facts.join(" · ")),
    offer.is_known === false && h("p", { class: "wrong" }, t("model-unknown")),
    fit(offer.memory),
    licence(offer.licence),
    h("label", { for: "model-name" }, t("model-name")),
    h("div", { class: "row" }, name, agree),
    failed,
  );
}

/** @param {Offer["memory"]} memory */
function fit(memory) {
  const values = { needed: size(memory.needed_bytes), available: size(memory.available_bytes) };
  return h("p", { class: memory.fits ? "" : "wrong" }, t(memory.fits ? "model-fits" : "model-fits-not", values));
}

/** @param {Licence} licence */
function licence(licence) {
  const stated = licence.id ?? (licence.stated_in ? t("licence-own", { file: licence.stated_in }) : t("licence-none"));
  // Addresses that a model card names are shown, and never followed by themselves.
  return h(
    "div",
    { class: "licence" },
    h("p", null, h("b", null, t("licence")), " ", stated, licence.link && h("small", null, licence.link)),
    licence.text && h("details", null, h("summary", null, t("licence-read")), h("pre", { tabindex: "0" }, licence.text)),
  );
}
