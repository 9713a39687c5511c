// A folder that may be worked on, with its newest repair and its newest tests.
import { ask, told } from "../ground/api.js";
import { menu } from "../ground/dialog.js";
import { arrange, fill, h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { notice } from "../ground/notice.js";
import { t } from "../ground/words.js";
import { isOpen } from "../activity/jobs.js";
import { applied, PATCHED } from "./applied.js";
import { chooseRepair } from "./options.js";
import { run } from "./run.js";
import { chooseFile } from "./suite.js";

/** @typedef {import("../activity/jobs.js").Job} Job */
/** @typedef {{ id: string, path: string }} Folder */

/**
 * @param {Folder} folder
 * @param {() => void} refresh
 */
export function project(folder, refresh) {
  const path = `/api/code/folders/${folder.id}`;
  const name = folder.path.split("/").filter(Boolean).pop() ?? folder.path;
  const act = async (/** @type {() => Promise<unknown>} */ work) => {
    try {
      await work();
    } catch (error) {
      notice(told(error));
    }
    refresh();
  };
  const repair = h("button", { class: "main", type: "button", "data-act": "fix", onclick: () => act(() => ask("POST", `${path}/fix`, { seconds: 60 })) });
  const tests = h("button", { class: "plain", type: "button", "data-act": "tests", onclick: () => chooseFile(path, refresh) }, icon("file"), t("tests"));
  const more = h("button", { class: "quiet", type: "button", "aria-label": t("more-about", { title: folder.path }), "aria-haspopup": "menu" }, icon("more"));
  const undo = async () => {
    const { files } = await ask("POST", `${path}/undo`);
    notice(t("patch-undone", { files: files.join(", ") }));
    runs.clear();
    changes.load();
  };
  more.addEventListener("click", () =>
    menu(more, [{ label: t("repair-options"), icon: "sliders", act: () => chooseRepair(path, asked, refresh) }, { label: t("patch-undo-newest"), icon: "undo", act: () => act(undo) }, null, { label: t("folder-forbid"), icon: "close", act: () => act(() => ask("DELETE", path)) }], folder.path),
  );
  /** What the last repair was asked for. @type {any} */
  let asked = null;
  const place = h("div", { class: "runs" });
  const changes = applied(path, () => {
    runs.clear();
    refresh();
  });
  changes.load();
  const element = h("article", { class: "project", id: folder.id, "aria-label": name }, h("header", null, h("div", null, h("h2", null, name), h("p", { class: "faint" }, folder.path)), repair, tests, more), place, changes.element);
  element.addEventListener(PATCHED, () => changes.load());
  /** @type {Map<string, ReturnType<typeof run>>} */
  const runs = new Map();
  /** @param {Job[]} jobs All jobs, the newest first. */
  const set = (jobs) => {
    const own = jobs.filter((job) => job.asked?.folder === folder.path);
    const newest = ["code.fix", "code.tests"].flatMap((kind) => own.find((job) => job.kind === kind) ?? []);
    newest.sort((a, b) => own.indexOf(a) - own.indexOf(b));
    const views = newest.map((job) => {
      let view = runs.get(job.kind);
      if (view?.id === job.id) view.set(job);
      else runs.set(job.kind, (view = run(job, refresh)));
      return view.element;
    });
    arrange(place, views);
    const fixes = newest.find((job) => job.kind === "code.fix");
    asked = fixes?.asked ?? null;
    const words = t(fixes ? "repair-again" : "repair");
    if (repair.textContent !== words) fill(repair, icon("tool"), words);
    repair.className = newest.length ? "plain" : "main";
    repair.disabled = !!fixes && isOpen(fixes);
    const writes = newest.find((job) => job.kind === "code.tests");
    tests.disabled = !!writes && isOpen(writes);
  };
  set([]);
  return { element, set };
}
