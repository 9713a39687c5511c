// Work that goes on while nobody looks.
import { ask, inWords } from "../ground/api.js";
import { h } from "../ground/dom.js";
import { notice } from "../ground/notice.js";
import { moment, size } from "../ground/when.js";
import { t } from "../ground/words.js";

/**
 * @typedef {{
 *   id: string, kind: string, owner: string, asked: any, state: "queued" | "running" | "done" | "failed" | "cancelled",
 *   progress: { done: number, total: number, per_second: number, told?: any } | null, result: any,
 *   error: { message: string } | null, created_at: string, ended_at: string | null,
 * }} Job
 */

/** How often it is looked while something goes on, and while nothing does, in milliseconds. */
const SOON = 500;
const LATER = 5000;

/**
 * Looks at one's jobs again and again.
 * @param {(jobs: Job[]) => void} tell
 * @param {() => void} [ended] Called when one of them has ended.
 */
export function watchJobs(tell, ended) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let open = new Set();
  let isOver = false;
  const look = async () => {
    clearTimeout(timer);
    let wait = LATER;
    try {
      /** @type {Job[]} */
      const jobs = (await ask("GET", "/api/jobs?limit=50")).data;
      if (isOver) return;
      const now = new Set(jobs.filter((job) => ["queued", "running"].includes(job.state)).map((job) => job.id));
      const hasEnded = [...open].some((id) => !now.has(id));
      open = now;
      if (now.size) wait = SOON;
      tell(jobs);
      if (hasEnded) ended?.();
    } catch {
      // The rail says that the server is gone.
    }
    timer = setTimeout(look, wait);
  };
  look();
  return { look, leave: () => ((isOver = true), clearTimeout(timer)) };
}

/**
 * @param {Job} job
 * @param {() => void} look
 */
export function jobRow(job, look) {
  const isOpen = job.state === "queued" || job.state === "running";
  const stop = async () => {
    try {
      const path = job.kind === "batch" ? `/v1/batches/${job.id}/cancel` : `/api/jobs/${job.id}/cancel`;
      await ask("POST", path);
      look();
    } catch (error) {
      notice(inWords(error));
    }
  };
  const name = title(job);
  return h(
    "li",
    { class: "job" },
    h("span", null, name, h("small", { class: job.state === "failed" ? "wrong" : "" }, about(job))),
    isOpen && bar(job, name),
    isOpen && h("button", { class: "plain", type: "button", "aria-label": t("stop-job", { name }), onclick: stop }, t("stop")),
  );
}

/** @param {Job} job */
function title(job) {
  const asked = job.asked ?? {};
  if (job.kind === "model.add") return t("job-add", { name: asked.name ?? "" });
  if (job.kind === "model.quantise") return t("job-quantise", { name: asked.model ?? "", format: asked.format ?? "" });
  if (job.kind === "code.fix") return t("job-fix", { name: String(asked.folder ?? "").split("/").pop() ?? "" });
  if (job.kind === "batch") return t("job-batch");
  return job.kind;
}

/** @param {Job} job */
function about(job) {
  if (job.state === "failed") return job.error?.message?.replace("\nhint: ", " · ") ?? t("job-failed");
  if (job.state !== "running") return `${t(`job-${job.state}`)} · ${moment(job.ended_at ?? job.created_at)}`;
  const { done, total, per_second: speed } = job.progress ?? { done: 0, total: 0, per_second: 0 };
  if (!total) return t("job-running");
  const left = speed > 0 ? Math.ceil((total - done) / speed) : null;
  const parts = [t("job-of", { done: size(done), total: size(total) }), speed > 0 && t("job-speed", { bytes: size(speed) }), left !== null && left > 4 && t("job-left", { time: spell(left) })];
  return parts.filter(Boolean).join(" · ");
}

/** @param {number} seconds */
function spell(seconds) {
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * @param {Job} job
 * @param {string} name
 */
function bar(job, name) {
  const share = job.progress?.total ? Math.min(1, job.progress.done / job.progress.total) : 0;
  const value = job.progress?.total ? String(Math.round(share * 100)) : undefined;
  return h("div", { class: "bar", role: "progressbar", "aria-label": name, "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": value }, h("span", { vars: { "--share": share } }));
}
