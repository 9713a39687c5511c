// Tests that were written for a file: which file, and what came of it.
import { ask, told } from "../ground/api.js";
import { dialog } from "../ground/dialog.js";
import { fill, h } from "../ground/dom.js";
import { fold } from "../ground/errors.js";
import { icon } from "../ground/icons.js";
import { notice } from "../ground/notice.js";
import { count } from "../ground/when.js";
import { t } from "../ground/words.js";
import { codeBlock } from "../prose/code.js";
import { diff, read, textOf } from "./diff.js";
import { acts, save } from "./patch.js";
import { headline } from "./run.js";

/** @typedef {{ file: string, out: string }} Offered */
/** @typedef {{ name: string, tests: number, mutants: number, killed: number, tried: number, skipped: string | null }} Target */

/** Files that are listed at once. */
const SHOWN_MAX = 200;

/**
 * Asks which file is to be tested, and begins.
 * @param {string} path The folder's address.
 * @param {() => void} begun
 */
export async function chooseFile(path, begun) {
  const begin = async (/** @type {Offered} */ one) => {
    try {
      await ask("POST", `${path}/tests`, { file: one.file });
    } catch (error) {
      notice(told(error));
    }
    begun();
  };
  /** @type {Offered[]} */
  let files;
  try {
    files = (await ask("GET", `${path}/files`)).data;
  } catch (error) {
    return notice(told(error));
  }
  if (!files.length) return notice(t("tests-no-files"));
  dialog({ title: t("tests-choose"), kind: "choosing" }, (close) => {
    const list = h("ul", { class: "files-to-test" });
    const draw = (/** @type {string} */ wanted) => {
      const found = files.filter((one) => one.file.toLowerCase().includes(wanted.toLowerCase()));
      const choose = (/** @type {Offered} */ one) => (close(), begin(one));
      const rows = found.slice(0, SHOWN_MAX).map((one) => h("li", null, h("button", { type: "button", onclick: () => choose(one) }, icon("file"), h("span", null, one.file, h("small", null, t(one.out === one.file ? "tests-into-itself" : "tests-into", { out: one.out }))))));
      fill(list, rows.length ? rows : h("li", { class: "faint" }, t("tests-none-so")));
    };
    const field = h("input", { type: "search", "aria-label": t("tests-filter"), placeholder: t("tests-filter"), autocomplete: "off", spellcheck: "false", autofocus: true });
    field.addEventListener("input", () => draw(field.value.trim()));
    draw("");
    return [h("p", { class: "faint" }, t("tests-about")), ...(files.length > 8 ? [field] : []), list];
  });
}

/**
 * @param {import("../activity/jobs.js").Job} job
 * @param {any} result
 */
export function written(job, result) {
  const patch = /** @type {import("./patch.js").Patch} */ (result.patches[0]);
  const made = read(patch.diff)[0];
  const facts = [t("tests-facts", { tried: count(result.tried), seconds: Math.max(1, Math.round(result.seconds)) }), result.out_of_time && t("tests-out-of-time")].filter(Boolean).join(" ");
  const name = result.out.split("/").pop();
  const text = made?.isNew ? textOf(made) : null;
  const words = {
    apply: result.is_new ? t("tests-save", { name }) : t("tests-add", { name }),
    applied: t("tests-saved"),
    stale: t("tests-stale"),
    save: () => (text === null ? save("freehold.patch", patch.diff, "text/x-diff") : save(name, text, "text/plain")),
  };
  const source = text === null ? diff(patch.diff) : codeBlock(text, "python", true).element;
  if (text !== null) fill(/** @type {Element} */ (source.querySelector("figcaption span")), result.out);
  return [
    headline("done", t("tests-found", { tests: result.tests, killed: result.killed, mutants: result.mutants }), facts),
    h("ul", { class: "targets" }, result.targets.map(target)),
    h("div", { class: "patch" }, acts(job.id, 0, patch, words), source),
  ];
}

/** @param {Target} one */
function target(one) {
  if (one.skipped) return h("li", { class: "is-skipped" }, h("code", null, one.name), h("small", null, t("tests-skipped"), fold(one.skipped)));
  const share = one.mutants ? one.killed / one.mutants : 1;
  return h("li", null, h("code", null, one.name), h("small", null, t("tests-target", { tests: one.tests, killed: one.killed, mutants: one.mutants })), h("span", { class: "bar", "aria-hidden": "true" }, h("span", { vars: { "--share": share } })));
}
