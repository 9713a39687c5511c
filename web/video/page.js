// Video: films of what is said. What is asked for above, what came of it below.
import { ask, told } from "../ground/api.js";
import { arrange, fill, h } from "../ground/dom.js";
import { notice } from "../ground/notice.js";
import { may } from "../ground/state.js";
import { t } from "../ground/words.js";
import { railButton } from "../shell/frame.js";
import { filmCard } from "./card.js";
import { wishes } from "./wishes.js";

/**
 * @typedef {{
 *   id: string, status: "queued" | "in_progress" | "completed" | "failed", progress: number, prompt: string, seconds: string, size: string,
 *   shots: { prompt: string, seconds: number }[], seed: number, fps: number, frames: number, loop: boolean, label: boolean, sound: boolean, steps: number | null, model: string, created_at: number, estimated_seconds: number, unknown_words: string[], preview?: string,
 *   queue_position: number | null, error: { code: string, message: string } | null, remixed_from_video_id: string | null,
 * }} Film
 */

/** How often it is looked while a film is made, and while none is, in milliseconds. */
const SOON = 400;
const LATER = 10_000;

/** Films that are shown before one asks for more, and those that are looked at again and again. */
const PAGE = 24;
const LIMIT = 100;

/** Says that no film is begun, and lets whoever may decide it. */
function queueHolder() {
  const note = h("span", { role: "status" });
  const button = h("button", { class: "plain", type: "button" });
  const element = h("p", { class: "followed", hidden: true }, note, may("manage_models") && button);
  let isPaused = false;
  const set = (/** @type {boolean} */ now) => {
    isPaused = now;
    element.hidden = !now && !may("manage_models");
    fill(note, now ? t("films-paused") : null);
    fill(button, t(now ? "films-resume" : "films-pause"));
  };
  button.addEventListener("click", async () => {
    try {
      set((await ask("PATCH", "/api/house", { films_paused: !isPaused })).films_paused);
    } catch (error) {
      notice(told(error));
    }
  });
  return { element, set };
}

/** @returns {import("../main.js").Page} */
export function videoPage() {
  const gallery = h("ul", { class: "films" });
  const word = h("p", { class: "faint", role: "status" });
  const held = queueHolder();
  const more = h("button", { class: "plain more", type: "button", hidden: true }, t("films-more"));
  /** @type {Map<string, ReturnType<typeof filmCard>>} */
  const cards = new Map();
  /** @type {Film[]} */
  let films = [];
  let limit = PAGE;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let isLeft = false;
  /** Films that were removed here. @type {Set<string>} */
  const gone = new Set();
  /** Whether all films are here. */
  let isEnd = false;
  /** Which look is the newest: an older one that comes late says nothing any more. */
  let looks = 0;

  const show = () => {
    for (const id of cards.keys()) if (!films.some((film) => film.id === id)) cards.delete(id);
    const wanted = films.map((film) => {
      let card = cards.get(film.id);
      if (card) card.set(film);
      else cards.set(film.id, (card = filmCard(film, form.take, refresh, () => films)));
      return card.element;
    });
    arrange(gallery, wanted);
    fill(word, films.length ? null : t("films-none"));
  };
  const load = async () => {
    clearTimeout(timer);
    const look = ++looks;
    let wait = LATER;
    try {
      const [page, house] = await Promise.all([ask("GET", `/v1/videos?limit=${limit}`), ask("GET", "/api/house").catch(() => null)]);
      /** @type {Film[]} */
      const found = page.data;
      const open = found.filter((film) => film.status === "queued" || film.status === "in_progress");
      // Those at work show what is drawn already.
      const seen = await Promise.all(open.slice(0, 4).map((film) => ask("GET", `/v1/videos/${film.id}?preview=true`).catch(() => null)));
      if (isLeft || look !== looks) return;
      if (house) {
        held.set(house.films_paused);
        form.know(house.film_models, house.film_adapters);
      }
      const ids = new Set(found.map((film) => film.id));
      const oldest = found.at(-1)?.created_at ?? 0;
      // What was fetched before and is older stays as it was.
      const older = page.has_more ? films.filter((film) => film.created_at <= oldest && !ids.has(film.id) && !gone.has(film.id)) : [];
      films = [...found.map((film) => seen.find((other) => other?.id === film.id) ?? film), ...older];
      if (open.length) wait = SOON;
      more.hidden = !page.has_more || (older.length > 0 && isEnd);
      show();
    } catch (error) {
      if (look === looks) fill(word, told(error));
    }
    if (!isLeft && look === looks) timer = setTimeout(load, wait);
  };
  const refresh = (/** @type {string | undefined} */ removed) => {
    if (removed) gone.add(removed);
    load();
  };
  more.addEventListener("click", async () => {
    if (limit < LIMIT) {
      limit = Math.min(limit + PAGE, LIMIT);
      return load();
    }
    try {
      const page = await ask("GET", `/v1/videos?limit=${PAGE}&after=${films.at(-1)?.id ?? ""}`);
      const ids = new Set(films.map((film) => film.id));
      films = [...films, ...page.data.filter((/** @type {Film} */ film) => !ids.has(film.id))];
      isEnd = !page.has_more;
      more.hidden = isEnd;
      show();
    } catch (error) {
      notice(told(error));
    }
  });
  const form = wishes(() => refresh(undefined));
  const said = new URLSearchParams(location.search);
  const prompt = said.get("prompt");
  if (prompt) {
    // An address may say what is wished; the film is made when somebody has it made.
    const seconds = Number(said.get("seconds")) || undefined;
    form.take({ shots: [{ prompt, seconds }], size: /^\d{2,4}x\d{2,4}$/.exec(said.get("size") ?? "")?.[0] });
    history.replaceState(null, "", location.pathname);
  }
  load();
  const element = h(
    "div",
    { class: "page" },
    h("header", { class: "page-head" }, railButton(), h("h1", null, t("video"))),
    h(
      "div",
      { class: "page-body video-page", tabindex: "0", role: "group", "aria-label": t("video") },
      h("section", { class: "wide", "aria-labelledby": "video-wish" }, h("h2", { id: "video-wish" }, t("video-wish")), form.element),
      h("section", { class: "wide", "aria-labelledby": "films" }, h("h2", { id: "films" }, t("films")), h("div", null, held.element, gallery, word, more)),
    ),
  );
  dispatchEvent(new CustomEvent("freehold:shown"));
  const leave = () => ((isLeft = true), clearTimeout(timer));
  return { element, title: t("video"), name: "video", leave };
}
