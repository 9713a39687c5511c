// What would be changed: shown, applied, taken back, downloaded.
import { ask, told } from "../ground/api.js";
import { fill, h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { notice } from "../ground/notice.js";
import { t } from "../ground/words.js";
import { PATCHED } from "./applied.js";

/** @typedef {{ diff: string, confidence: number, operators: string[], files: string[], standing: "fits" | "applied" | "changed" }} Patch */

/**
 * The buttons of a patch, as the folder stands to it.
 * @param {string} job
 * @param {number} at
 * @param {Patch} patch
 * @param {{ apply: string, applied: string, save: () => void, about?: string, explained?: string, stale: string }} words
 */
export function acts(job, at, patch, words) {
  const row = h("div", { class: "row acts-of-patch" });
  const send = async (/** @type {string} */ path, /** @type {Patch["standing"]} */ then, /** @type {string} */ said) => {
    for (const button of row.querySelectorAll("button")) button.disabled = true;
    try {
      await ask("POST", path, { job, patch: at });
      patch.standing = then;
      notice(t(said, { files: patch.files.join(", ") }), then === "applied" ? { label: t("undo"), act: undo } : undefined);
    } catch (error) {
      notice(told(error));
      await look();
    }
    draw();
    row.querySelector("button")?.focus();
    row.dispatchEvent(new CustomEvent(PATCHED, { bubbles: true }));
  };
  const apply = () => send("/api/code/apply", "applied", "patch-applied");
  const undo = () => send("/api/code/undo", "fits", "patch-undone");
  const look = async () => {
    try {
      const result = await ask("GET", `/api/code/results/${job}`);
      patch.standing = result.patches[at]?.standing ?? "changed";
    } catch {
      // It stays as it was known.
    }
  };
  const draw = () => {
    const isApplied = patch.standing === "applied";
    const main = isApplied
      ? [h("span", { class: "is-good stands" }, icon("done"), words.applied), h("button", { class: "plain", type: "button", onclick: undo }, icon("undo"), t("undo"))]
      : [h("button", { class: "main", type: "button", disabled: patch.standing === "changed", onclick: apply }, words.apply)];
    const note = patch.standing === "changed" ? words.stale : words.about;
    fill(row, main, h("button", { class: "plain", type: "button", onclick: words.save }, icon("download"), t("patch-download")), note && h("span", { class: "faint", title: note === words.about ? words.explained : undefined }, note));
  };
  draw();
  return row;
}

/**
 * Hands a text to the browser's downloads.
 * @param {string} name
 * @param {string} text
 * @param {string} type
 */
export function save(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
