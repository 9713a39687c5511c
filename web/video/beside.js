// Films of the same words beside each other: what chance made of them.
import { dialog } from "../ground/dialog.js";
import { h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { t } from "../ground/words.js";

/** @typedef {import("./page.js").Film} Film */

/** Films that lie beside each other at most. */
const MOST = 4;

/** Those of `films` that differ from `film` by nothing but chance, it first. @param {Film} film @param {Film[]} films */
export function kin(film, films) {
  const alike = (/** @type {Film} */ other) =>
    other.status === "completed" && other.prompt === film.prompt && other.size === film.size && other.seconds === film.seconds && other.model === film.model && other.steps === film.steps && other.loop === film.loop && other.seed !== film.seed;
  return [film, ...films.filter((other) => other.id !== film.id && alike(other))].slice(0, MOST);
}

/** Shows films beside each other, which play and stop together. @param {Film[]} films */
export function openBeside(films) {
  const players = films.map((film) => h("video", { src: `/v1/videos/${film.id}/content`, poster: `/v1/videos/${film.id}/content?variant=thumbnail`, muted: true, loop: true, preload: "auto", playsinline: true, "aria-label": t("film-seed", { seed: String(film.seed) }) }));
  const lead = /** @type {HTMLVideoElement} */ (players[0]);
  let sign = icon("play");
  const button = h("button", { class: "main", type: "button" }, sign, t("film-beside-play"));
  const all = async () => {
    if (!lead.paused) return players.forEach((player) => player.pause());
    for (const player of players) player.currentTime = lead.currentTime;
    // One that cannot be played says so itself.
    await Promise.allSettled(players.map((player) => player.play()));
  };
  const told = () => {
    const now = icon(lead.paused ? "play" : "pause");
    sign.replaceWith(now);
    sign = now;
  };
  button.addEventListener("click", all);
  for (const event of ["play", "pause"]) lead.addEventListener(event, told);
  dialog({ title: t("film-beside"), kind: "film-beside" }, () => [
    h("p", { class: "film-words" }, films[0]?.prompt.replaceAll("\n", " · ")),
    h("ul", { class: "beside" }, films.map((film, at) => h("li", null, players[at], h("small", null, t("film-seed", { seed: String(film.seed) }))))),
    h("p", null, button),
  ]);
}
