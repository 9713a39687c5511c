// Work that goes on while nobody looks.
import { ask, told } from "../ground/api.js";
import { arrange, fill, h } from "../ground/dom.js";
import { failed, fold, inWords } from "../ground/errors.js";
import { icon } from "../ground/icons.js";
import { notice } from "../ground/notice.js";
import { count, moment, size } from "../ground/when.js";
import { t } from "../ground/words.js";
import { logOf } from "./joblog.js";

/**
 * @typedef {{
 *   id: string, kind: string, owner: string, asked: any, state: "queued" | "running" | "paused" | "done" | "failed" | "cancelled",
 *   goes_on: "where_it_was" | "anew",
 *   progress: { done: number, total: number, per_second: number, told?: any } | null, result: any,
 *   error: { message: string, code?: string | null } | null, created_at: string, ended_at: string | null,
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

/** Whether a job has not ended. @param {Job} job */
export function isOpen(job) {
  return job.state === "queued" || job.state === "running" || job.state === "paused";
}

/**
 * The buttons by which a job is put aside, let go on and called off. They stay the same while it changes, so that
 * nobody loses their place.
 * @param {() => void} look
 */
export function control(look) {
  /** @type {Job | null} */
  let job = null;
  const send = async (/** @type {string} */ what) => {
    if (!job) return;
    try {
      await ask("POST", what === "cancel" && job.kind === "batch" ? `/v1/batches/${job.id}/cancel` : `/api/jobs/${job.id}/${what}`);
    } catch (error) {
      notice(told(error));
    }
    look();
  };
  const pause = h("button", { class: "plain", type: "button", onclick: () => send(job?.state === "paused" ? "resume" : "pause") });
  const stop = h("button", { class: "plain", type: "button", onclick: () => send("cancel") }, icon("stop"), t("stop"));
  const element = h("div", { class: "control" }, pause, stop);
  let shown = "";
  return {
    element,
    /** @param {Job} now */
    set(now) {
      job = now;
      element.hidden = !isOpen(now);
      if (shown === now.state) return;
      shown = now.state;
      const [sign, words] = now.state === "paused" ? ["play", "go-on"] : ["pause", "pause"];
      fill(pause, icon(sign), t(words));
      pause.title = now.state === "paused" ? "" : t(`pause-${now.goes_on}`);
      pause.setAttribute("aria-label", t(`${words}-job`, { name: title(now) }));
      stop.setAttribute("aria-label", t("stop-job", { name: title(now) }));
    },
  };
}

/**
 * @param {Job} job
 * @param {() => void} look
 */
export function jobRow(job, look) {
  return row(job, look).element;
}

/**
 * A list of jobs, whose rows stay while they change.
 * @param {() => void} look
 */
export function jobList(look) {
  const element = h("ul", { class: "jobs" });
  /** @type {Map<string, ReturnType<typeof row>>} */
  const rows = new Map();
  return {
    element,
    /** @param {Job[]} jobs */
    set(jobs) {
      for (const id of rows.keys()) if (!jobs.some((job) => job.id === id)) rows.delete(id);
      const wanted = jobs.map((job) => {
        let one = rows.get(job.id);
        if (one) one.set(job);
        else rows.set(job.id, (one = row(job, look)));
        return one.element;
      });
      arrange(element, wanted);
    },
  };
}

/**
 * @param {Job} first
 * @param {() => void} look
 */
function row(first, look) {
  const name = title(first);
  const words = h("small");
  const inner = h("span");
  const bar = h("div", { class: "bar", role: "progressbar", "aria-label": name, "aria-valuemin": "0", "aria-valuemax": "100" }, inner);
  const controls = control(look);
  const log = logOf(first);
  const sign = h("span", { class: "sign", "aria-hidden": "true" });
  const element = h("li", { class: "job" }, sign, h("span", { class: "job-name" }, h("b", null, name), words), controls.element, bar, log.element);
  let shown = "";
  let said = "";
  /** @param {Job} job */
  const set = (job) => {
    const text = about(job);
    if (said !== text) fill(words, text, job.state === "failed" && fold(job.error?.message ?? "", null, job.error?.code));
    said = text;
    words.className = job.state === "failed" ? "wrong" : "";
    if (shown !== job.state) {
      shown = job.state;
      element.className = `job is-${job.state}`;
      fill(sign, icon(SIGNS[job.state] ?? "more"));
    }
    bar.hidden = job.state !== "running";
    const share = shareOf(job);
    if (share === null) bar.removeAttribute("aria-valuenow");
    else bar.setAttribute("aria-valuenow", String(Math.round(share * 100)));
    inner.style.setProperty("--share", String(share ?? 0));
    controls.set(job);
    log.set(job);
  };
  set(first);
  return { element, set };
}

const SIGNS = /** @type {Record<string, string>} */ ({ queued: "more", running: "pulse", paused: "pause", done: "done", failed: "warn", cancelled: "close" });

/** How far it is, between 0 and 1. @param {Job} job */
function shareOf(job) {
  const progress = job.progress;
  if (!progress) return null;
  if (progress.total) return Math.min(1, progress.done / progress.total);
  const told = progress.told;
  if (told?.spent !== undefined) return told.spent;
  return told?.targets && told.at !== undefined ? told.at / told.targets : null;
}

/** @param {Job} job */
function title(job) {
  const asked = job.asked ?? {};
  if (job.kind === "model.add") return t("job-add", { name: asked.name ?? "" });
  if (job.kind === "model.quantise") return t("job-quantise", { name: asked.model ?? "", format: asked.format ?? "" });
  if (job.kind === "model.measure") return t("job-measure", { name: asked.model ?? "" });
  if (job.kind === "code.fix") return t("job-fix", { name: String(asked.folder ?? "").split("/").pop() ?? "" });
  if (job.kind === "code.tests") return t("job-tests", { name: asked.file ?? "" });
  if (job.kind === "batch") return t("job-batch");
  if (job.kind === "video") return t("job-video");
  if (job.kind === "webhook") return t("job-webhook", { name: asked.name ?? "", event: asked.event?.type ?? "" });
  return job.kind;
}

/** @param {Job} job */
function about(job) {
  if (job.state === "failed") return inWords(failed(job.error, "server_error"));
  if (job.state === "paused") return [job.kind === "batch" && job.progress && t("job-answered", { done: count(job.progress.done), total: count(job.progress.total) }), t(job.kind === "batch" ? "job-paused-batch" : `job-paused-${job.goes_on}`)].filter(Boolean).join(" · ");
  if (job.state !== "running") return `${t(`job-${job.state}`)} · ${moment(job.ended_at ?? job.created_at)}`;
  const { done, total, per_second: speed, told } = job.progress ?? { done: 0, total: 0, per_second: 0, told: null };
  if (job.kind === "batch") return total ? t("job-answered", { done: count(done), total: count(total) }) : t("job-running");
  if (told?.tried !== undefined) return t(job.kind === "code.tests" ? "job-inputs" : "job-candidates", { tried: count(told.tried), speed: count(told.per_second ?? 0) });
  if (!total) return t("job-running");
  if (job.kind === "video") return t("job-drawn", { percent: Math.floor((100 * done) / total) });
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
