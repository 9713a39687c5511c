// Code: projects that are repaired, with what was suspected, what was found, and a way back.
import { ask, inWords } from "../ground/api.js";
import { menu } from "../ground/dialog.js";
import { fill, h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { notice } from "../ground/notice.js";
import { app } from "../ground/state.js";
import { t } from "../ground/words.js";
import { watchJobs } from "../activity/jobs.js";
import { railButton } from "../shell/frame.js";
import { found, searching } from "./repair.js";

/** @typedef {{ id: string, path: string }} Folder */

/** @returns {import("../main.js").Page} */
export function codePage() {
  const isOwner = app.now.who?.role === "owner";
  const list = h("div", { class: "projects" });
  /** @type {Folder[]} */
  let folders = [];
  /** @type {import("../activity/jobs.js").Job[]} */
  let repairs = [];
  /** What is shown of each folder, so that what somebody reads is not taken away under their eyes. @type {Map<string, string>} */
  const shown = new Map();
  const draw = () => {
    if (!folders.length) return fill(list, h("p", { class: "faint" }, t("no-folders")));
    for (const folder of folders) {
      const repair = repairs.find((job) => job.asked?.folder === folder.path);
      const key = repair ? `${repair.id} ${repair.state} ${JSON.stringify(repair.progress?.told ?? null)}` : "";
      const old = document.getElementById(folder.id);
      if (old && shown.get(folder.id) === key) continue;
      shown.set(folder.id, key);
      const fresh = project(folder, repair, refresh);
      if (old) old.replaceWith(fresh);
      else list.append(fresh);
    }
    for (const old of [...list.children]) if (!folders.some((folder) => folder.id === old.id)) old.remove();
  };
  const jobs = isOwner
    ? watchJobs((all) => {
        repairs = all.filter((job) => job.kind === "code.fix");
        draw();
      })
    : { look: () => {}, leave: () => {} };
  const load = async () => {
    try {
      folders = (await ask("GET", "/api/code/folders")).data;
      draw();
    } catch (error) {
      fill(list, h("p", { class: "faint" }, inWords(error)));
    }
  };
  const refresh = () => (load(), jobs.look());
  if (isOwner) load();
  const path = h("input", { id: "folder-path", required: true, maxlength: 4096, placeholder: "/home/ada/project", autocomplete: "off", spellcheck: "false", autocapitalize: "off" });
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      await ask("POST", "/api/code/folders", { path: path.value.trim() });
      path.value = "";
      refresh();
    } catch (error) {
      notice(inWords(error));
    }
  };
  const form = h("form", { class: "row", onsubmit: submit }, h("label", { for: "folder-path", class: "hidden" }, t("folder-path")), path, h("button", { class: "plain" }, t("folder-allow")));
  const element = h(
    "div",
    { class: "page" },
    h("header", { class: "page-head" }, railButton(), h("h1", null, t("code"))),
    h(
      "div",
      { class: "page-body", tabindex: "0", role: "group", "aria-label": t("code") },
      h("section", { class: "wide", "aria-labelledby": "code-projects" }, h("h2", { id: "code-projects" }, t("projects")), h("div", null, isOwner ? [h("p", { class: "faint" }, t("code-about")), list, form] : h("p", { class: "faint" }, t("code-owner")))),
    ),
  );
  dispatchEvent(new CustomEvent("freehold:shown"));
  return { element, title: t("code"), name: "code", leave: jobs.leave };
}

/**
 * @param {Folder} folder
 * @param {import("../activity/jobs.js").Job | undefined} repair
 * @param {() => void} refresh
 */
function project(folder, repair, refresh) {
  const isOpen = repair && ["queued", "running"].includes(repair.state);
  const path = `/api/code/folders/${folder.id}`;
  const act = async (/** @type {() => Promise<unknown>} */ work) => {
    try {
      await work();
    } catch (error) {
      notice(inWords(error));
    }
    refresh();
  };
  const fix = () => act(() => ask("POST", `${path}/fix`, { seconds: 60 }));
  const undo = () =>
    act(async () => {
      const { files } = await ask("POST", `${path}/undo`);
      notice(t("patch-undone", { files: files.join(", ") }));
    });
  const more = h("button", { class: "quiet", type: "button", "aria-label": t("more-about", { title: folder.path }), "aria-haspopup": "menu" }, icon("more"));
  more.addEventListener("click", () =>
    menu(more, [{ label: t("patch-undo-newest"), icon: "undo", act: undo }, null, { label: t("folder-forbid"), icon: "close", act: () => act(() => ask("DELETE", path)) }], folder.path),
  );
  const name = folder.path.split("/").filter(Boolean).pop() ?? folder.path;
  return h(
    "article",
    { class: "project", id: folder.id, "aria-label": name },
    h("header", null, h("span", null, h("b", null, name), h("small", null, folder.path)), !isOpen && h("button", { class: repair ? "plain" : "main", type: "button", onclick: fix }, icon("tool"), t(repair ? "repair-again" : "repair")), more),
    repair && (isOpen ? searching(repair, refresh) : found(repair, { undo, refresh })),
  );
}
