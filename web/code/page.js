// Code: projects that are repaired and get tests, with what was suspected, what was found, and a way back.
import { ask, told } from "../ground/api.js";
import { fill, h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { notice } from "../ground/notice.js";
import { app, may } from "../ground/state.js";
import { t } from "../ground/words.js";
import { watchJobs } from "../activity/jobs.js";
import { railButton } from "../shell/frame.js";
import { project } from "./project.js";

/** @returns {import("../main.js").Page} */
export function codePage() {
  const isOwner = may("operate");
  const list = h("div", { class: "projects" });
  const empty = h("div", { class: "first-step", hidden: true }, h("p", { class: "lead" }, t("code-about")), h("div", { class: "row" }, h("button", { class: "main", type: "button", onclick: () => example() }, icon("tool"), t("code-example")), h("p", { class: "faint" }, t("no-folders"))));
  /** @type {import("./project.js").Folder[] | null} */
  let folders = null;
  /** @type {import("../activity/jobs.js").Job[]} */
  let all = [];
  /** @type {Map<string, ReturnType<typeof project>>} */
  const shown = new Map();
  const draw = () => {
    if (!folders) return;
    empty.hidden = folders.length > 0;
    for (const id of [...shown.keys()]) {
      if (folders.some((folder) => folder.id === id)) continue;
      shown.get(id)?.element.remove();
      shown.delete(id);
    }
    for (const folder of folders) {
      let one = shown.get(folder.id);
      if (!one) {
        shown.set(folder.id, (one = project(folder, () => refresh())));
        list.append(one.element);
      }
      one.set(all);
    }
  };
  const jobs = isOwner
    ? watchJobs((found) => {
        all = found;
        draw();
      })
    : { look: () => {}, leave: () => {} };
  const load = async () => {
    try {
      folders = (await ask("GET", "/api/code/folders")).data;
      draw();
    } catch (error) {
      notice(told(error));
    }
  };
  /** Shows what a repair is, with a project that has a bug. */
  const example = async () => {
    try {
      const { id } = await ask("POST", "/api/code/example");
      await ask("POST", `/api/code/folders/${id}/fix`, { seconds: 60 });
    } catch (error) {
      notice(told(error));
    }
    refresh();
  };
  const refresh = () => (load(), jobs.look());
  if (isOwner) load();
  const element = h(
    "div",
    { class: "page" },
    h("header", { class: "page-head" }, railButton(), h("h1", null, t("code"))),
    h("div", { class: "page-body code-page", tabindex: "0", role: "group", "aria-label": t("code") }, isOwner ? [empty, list, allowing(refresh)] : h("p", { class: "faint" }, t(app.now.who?.via === "session" ? "code-others" : "code-owner"))),
  );
  dispatchEvent(new CustomEvent("freehold:shown"));
  return { element, title: t("code"), name: "code", leave: jobs.leave };
}

/** Lets a folder be worked on. @param {() => void} refresh */
function allowing(refresh) {
  const path = h("input", { id: "folder-path", required: true, maxlength: 4096, placeholder: "/home/ada/project", autocomplete: "off", spellcheck: "false", autocapitalize: "off", "aria-describedby": "folder-wrong" });
  const wrong = h("div", { class: "wrong", id: "folder-wrong", role: "alert" });
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    fill(wrong);
    try {
      await ask("POST", "/api/code/folders", { path: path.value.trim() });
      path.value = "";
      refresh();
    } catch (error) {
      fill(wrong, told(error));
    }
  };
  return h("form", { class: "allowing", onsubmit: submit }, h("label", { for: "folder-path" }, t("folder-path")), h("div", { class: "row" }, path, h("button", { class: "plain" }, t("folder-allow"))), wrong);
}
