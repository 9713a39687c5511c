// Activity: work that goes on, and the log of what was done.
import { h } from "../ground/dom.js";
import { may } from "../ground/state.js";
import { t } from "../ground/words.js";
import { railButton } from "../shell/frame.js";
import { isOpen, jobList, watchJobs } from "./jobs.js";
import { log } from "./log.js";

/** Jobs that are listed without being asked for. */
const OPEN_MAX = 6;

/** @returns {import("../main.js").Page} */
export function activityPage() {
  const none = h("p", { class: "faint", hidden: true }, t("no-jobs"));
  const open = jobList(() => jobs.look());
  const ended = jobList(() => jobs.look());
  const past = h("details", { class: "past", hidden: true }, h("summary", null, t("jobs-ended")), ended.element);
  const jobs = watchJobs((all) => {
    const isOver = (/** @type {import("./jobs.js").Job} */ job) => !isOpen(job);
    open.set(all.filter(isOpen));
    ended.set(all.filter(isOver));
    none.hidden = all.some(isOpen);
    const first = past.hidden && all.some(isOver);
    past.hidden = !all.some(isOver);
    // What ended is out of the way once there is much of it.
    if (first) past.open = all.length <= OPEN_MAX;
  });
  const readsLog = may("read_audit");
  const element = h(
    "div",
    { class: "page" },
    h("header", { class: "page-head" }, railButton(), h("h1", null, t("activity"))),
    h(
      "div",
      { class: "page-body", tabindex: "0", role: "group", "aria-label": t("activity") },
      h("section", { class: "wide", "aria-labelledby": "jobs" }, h("h2", { id: "jobs" }, t("jobs")), h("div", null, none, open.element, past)),
      readsLog && h("section", { class: "wide", "aria-labelledby": "log" }, h("h2", { id: "log" }, t("log")), h("div", null, log())),
    ),
  );
  dispatchEvent(new CustomEvent("freehold:shown"));
  return { element, title: t("activity"), name: "activity", leave: jobs.leave };
}
