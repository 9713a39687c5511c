// Activity: work that goes on, and the log of what was done.
import { fill, h } from "../ground/dom.js";
import { app } from "../ground/state.js";
import { t } from "../ground/words.js";
import { railButton } from "../shell/frame.js";
import { jobRow, watchJobs } from "./jobs.js";
import { log } from "./log.js";

/** @returns {import("../main.js").Page} */
export function activityPage() {
  const list = h("ul", { class: "rows" });
  const jobs = watchJobs((all) => {
    fill(list, all.length ? all.map((job) => jobRow(job, jobs.look)) : h("li", { class: "faint" }, t("no-jobs")));
  });
  const readsLog = ["owner", "admin"].includes(app.now.who?.role ?? "");
  const element = h(
    "div",
    { class: "page" },
    h("header", { class: "page-head" }, railButton(), h("h1", null, t("activity"))),
    h(
      "div",
      { class: "page-body", tabindex: "0", role: "group", "aria-label": t("activity") },
      h("section", { class: "wide", "aria-labelledby": "jobs" }, h("h2", { id: "jobs" }, t("jobs")), h("div", null, list)),
      readsLog && h("section", { class: "wide", "aria-labelledby": "log" }, h("h2", { id: "log" }, t("log")), h("div", null, log())),
    ),
  );
  dispatchEvent(new CustomEvent("freehold:shown"));
  return { element, title: t("activity"), name: "activity", leave: jobs.leave };
}
