// What was written down of a job, line by line, as it goes.
import { ask } from "../ground/api.js";
import { fill, h } from "../ground/dom.js";
import { failed, told } from "../ground/errors.js";
import { count, size } from "../ground/when.js";
import { language, t } from "../ground/words.js";

/** @typedef {{ sequence: number, at: string, type: string, step?: string, [more: string]: any }} Line */

/** How often it is looked for more, in milliseconds. */
const EVERY = 1000;

/**
 * @param {import("./jobs.js").Job} first
 */
export function logOf(first) {
  let job = first;
  const list = h("ol", { class: "job-log", tabindex: "0", "aria-label": t("job-log") });
  const element = h("details", { class: "logged" }, h("summary", null, t("job-log")), list);
  /** @type {number | null} */
  let last = null;
  let isLooking = false;
  let lookedAt = 0;
  let seen = "";
  const look = async () => {
    if (isLooking) return;
    isLooking = true;
    lookedAt = Date.now();
    try {
      for (;;) {
        const query = last === null ? "" : `?after=${last}`;
        const page = await ask("GET", `/api/jobs/${job.id}/events${query}`);
        const isAtEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - 8;
        for (const one of /** @type {Line[]} */ (page.data)) {
          last = one.sequence;
          list.append(line(one));
        }
        if (isAtEnd) list.scrollTop = list.scrollHeight;
        if (!page.has_more) break;
      }
    } catch {
      if (last === null) fill(list, h("li", { class: "faint" }, t("offline")));
    }
    isLooking = false;
  };
  element.addEventListener("toggle", () => {
    if (element.open) look();
  });
  return {
    element,
    /** @param {import("./jobs.js").Job} now */
    set(now) {
      job = now;
      const hasChanged = seen !== now.state;
      seen = now.state;
      if (element.open && (hasChanged || (now.state === "running" && Date.now() - lookedAt >= EVERY))) look();
    },
  };
}

/** @param {Line} one */
function line(one) {
  const time = new Intl.DateTimeFormat(language(), { timeStyle: "medium" }).format(new Date(one.at));
  return h("li", { class: `is-${one.type}` }, h("time", { datetime: one.at }, time), h("span", null, words(one)));
}

/** @param {Line} one @returns {import("../ground/dom.js").Child | import("../ground/dom.js").Child[]} */
function words(one) {
  if (one.type === "counted") return one.total ? t("job-of", { done: size(one.done), total: size(one.total) }) : size(one.done);
  if (one.type === "failed" || one.type === "retried") {
    const reason = typeof one.reason === "string" ? { message: one.reason } : one.reason;
    return [`${t(`logged-${one.type}`)}. `, told(failed(reason, "server_error"))].flat();
  }
  if (one.type !== "told") return t(`logged-${one.type}`);
  const values = Object.fromEntries(Object.entries(one).map(([key, value]) => [key, key === "bytes" ? size(value) : key === "tried" ? count(value) : value]));
  return t(`logged-${one.step}`, values);
}
