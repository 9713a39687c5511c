// A film: what is drawn of it while it is made, a player when it is done, and what may be done with it.
import { ask, told } from "../ground/api.js";
import { dialog } from "../ground/dialog.js";
import { fill, h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { left } from "../ground/left.js";
import { notice } from "../ground/notice.js";
import { moment } from "../ground/when.js";
import { t } from "../ground/words.js";
import { kin, openBeside } from "./beside.js";

/** @typedef {import("./page.js").Film} Film */

/** Pictures that come with the answer, in kinds without script. */
const PICTURE = /^data:image\/jpeg;base64,/;

/** Seconds from which on it is said how long a film takes. */
const WORTH_SAYING = 10;

/** Seconds that an arrow key jumps. */
const JUMP = 1;

/**
 * @param {Film} first
 * @param {(taken: import("./wishes.js").Taken) => void} take Puts it into the form.
 * @param {(gone?: string) => void} look Looks anew; a film that was removed is told.
 * @param {() => Film[]} others All films that are here.
 */
export function filmCard(first, take, look, others) {
  const screen = h("div", { class: "screen" });
  const words = h("p", { class: "film-words" }, first.prompt.replaceAll("\n", " · "));
  const about = h("small");
  const act = h("div", { class: "film-acts" });
  const element = h("li", { class: "film" }, screen, words, about, act);
  let film = first;
  let shown = "";

  const again = () => take({ shots: film.shots, seed: film.seed, size: film.size, model: film.model, loop: film.loop, label: film.label, sound: film.sound });
  const onward = () => take({ shots: film.shots, after: film.id });
  const remix = () => take({ shots: [{ prompt: film.prompt.split("\n")[0] ?? "", seconds: Number(film.seconds) }], remix: film.id });
  const remove = async () => {
    try {
      await ask("DELETE", `/v1/videos/${film.id}`);
      look(film.id);
    } catch (error) {
      notice(told(error));
      look();
    }
  };
  /** A film that is done is gone for good: that is asked first. */
  const askAndRemove = () => {
    dialog({ title: t("film-remove-sure"), kind: "small" }, (close) => [
      h("p", null, film.prompt.replaceAll("\n", " · ")),
      h("footer", { class: "dialog-foot" }, h("button", { class: "plain", type: "button", onclick: close, autofocus: true }, t("cancel")), h("button", { class: "main is-danger", type: "button", onclick: () => (close(), remove()) }, t("film-remove"))),
    ]);
  };
  const button = (/** @type {string} */ sign, /** @type {string} */ key, /** @type {() => void} */ work) =>
    h("button", { class: "quiet", type: "button", title: t(key), "aria-label": t(`${key}-of`, { words: film.prompt }), onclick: work }, icon(sign));

  const beside = button("panel", "film-beside", () => openBeside(kin(film, others())));

  const done = () => {
    const player = h("video", { src: `/v1/videos/${film.id}/content`, poster: `/v1/videos/${film.id}/content?variant=thumbnail`, controls: true, loop: film.loop || Number(film.seconds) <= 12, preload: "none", playsinline: true, "aria-label": film.prompt });
    player.addEventListener("keydown", (event) => key(event, player, film.fps));
    const save = h("a", { class: "quiet", href: `/v1/videos/${film.id}/content?download=true`, download: "", title: t("film-save"), "aria-label": t("film-save-of", { words: film.prompt }) }, icon("download"));
    fill(screen, player);
    fill(act, button("again", "film-again", again), button("tree", "film-remix", remix), button("right", "film-onward", onward), save, beside, button("note", "film-card", () => openCard(film)), button("bin", "film-remove", askAndRemove));
  };
  const share = h("span");
  const bar = h("div", { class: "bar", role: "progressbar", "aria-label": first.prompt, "aria-valuemin": "0", "aria-valuemax": "100" }, share);
  const drawn = h("img", { alt: "", hidden: true });
  const working = () => {
    // What is there already stays, so that nobody loses their place.
    if (!bar.isConnected) fill(screen, drawn, bar);
    bar.setAttribute("aria-valuenow", String(film.progress));
    share.style.setProperty("--share", String(film.progress / 100));
    if (film.preview && PICTURE.test(film.preview)) {
      drawn.src = film.preview;
      drawn.hidden = false;
    }
    if (!act.childElementCount) fill(act, button("stop", "film-stop", remove));
  };
  const set = (/** @type {Film} */ now) => {
    film = now;
    element.className = `film is-${film.status}`;
    const unknown = film.unknown_words.length ? t("film-unknown", { words: film.unknown_words.join(", ") }) : null;
    if (film.status === "completed" && shown !== film.status) done();
    beside.hidden = kin(film, others()).length < 2;
    if (film.status === "queued" || film.status === "in_progress") working();
    if (film.status === "failed" && shown !== film.status) {
      fill(screen, icon("warn"));
      fill(act, button("again", "film-again", again), button("bin", "film-remove", remove));
    }
    const state = film.status === "failed" ? film.error?.message : film.status === "queued" ? (film.queue_position ? t("film-queued-place", { place: film.queue_position }) : t("film-queued")) : film.status === "in_progress" ? t("film-drawing", { percent: film.progress }) : null;
    const takes = film.estimated_seconds >= WORTH_SAYING ? t("film-takes", { left: left(film.estimated_seconds) }) : null;
    fill(about, [state, (film.status === "queued" || film.status === "in_progress") && takes, `${film.size.replace("x", " × ")}`, t("video-seconds-of", { count: Number(film.seconds) }), film.loop && t("film-loops"), !film.sound && t("film-silent"), t("film-seed", { seed: String(film.seed) }), unknown].filter(Boolean).join(" · "));
    shown = film.status;
  };
  set(first);
  return { element, set };
}

/** Space plays, arrows jump, comma and full stop go picture by picture. @param {KeyboardEvent} event @param {HTMLVideoElement} player @param {number} fps */
function key(event, player, fps) {
  const frame = 1 / fps;
  const steps = /** @type {Record<string, number>} */ ({ ArrowLeft: -JUMP, ArrowRight: JUMP, ",": -frame, ".": frame });
  const step = steps[event.key];
  if (step !== undefined) {
    event.preventDefault();
    if (Math.abs(step) < 1) player.pause();
    player.currentTime = Math.max(0, player.currentTime + step);
  } else if (event.key === "f") player.requestFullscreen?.();
  else if (event.key === "m") player.muted = !player.muted;
}

/** How it was made, and what it says of that itself. @param {Film} film */
function openCard(film) {
  const rows = [
    ["film-card-words", film.prompt],
    ["film-card-size", `${film.size.replace("x", " × ")}, ${film.fps}/s, ${film.frames}`],
    ["film-card-seconds", t("video-seconds-of", { count: Number(film.seconds) })],
    ["film-card-seed", String(film.seed)],
    ["film-card-model", t(film.steps ? "film-card-generated" : "film-card-drawn", { model: film.model })],
    ["film-card-made", moment(new Date(film.created_at * 1000).toISOString())],
  ];
  const signed = h("p", { class: "signed", role: "status" });
  const from = h("dl");
  ask("GET", `/v1/videos/${film.id}/credentials`).then(
    (said) => {
      const isWhole = said.status === "valid";
      fill(signed, icon(isWhole ? "done" : "warn"), " ", t(isWhole ? "film-card-valid" : "film-card-invalid"));
      signed.classList.toggle("is-wrong", !isWhole);
      const kind = said.source?.endsWith("/trainedAlgorithmicMedia") ? t("film-kind-generated") : said.source?.endsWith("/digitalCreation") ? t("film-kind-drawn") : null;
      const by = said.signer && `${said.signer.organisation ?? said.signer.name ?? ""}, ${said.signer.fingerprint.slice(0, 16)}`;
      const rows = [
        ["film-card-kind", kind],
        ["film-card-signer", by && (said.signer.standing === "trusted" ? t("film-card-own", { by }) : by)],
        ...(said.ingredients ?? []).map((/** @type {{ title: string | null }} */ one) => ["film-card-from", one.title ?? "?"]),
      ];
      fill(from, rows.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", null, t(name)), h("dd", null, value)]));
    },
    (error) => fill(signed, told(error)),
  );
  dialog({ title: t("film-card"), kind: "film-card" }, () => [
    h("img", { class: "film-sheet", src: `/v1/videos/${film.id}/content?variant=spritesheet`, alt: t("film-sheet") }),
    h("dl", null, rows.flatMap(([name, value]) => [h("dt", null, t(name ?? "")), h("dd", null, value ?? "")])),
    signed,
    from,
    h("p", { class: "faint" }, t("film-card-signed"), " ", h("code", null, "freehold media verify FILE")),
  ]);
}
