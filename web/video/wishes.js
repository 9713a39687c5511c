// What is asked for: words, shots one after the other, and how the film is to be.
import { ask, told } from "../ground/api.js";
import { fill, h } from "../ground/dom.js";
import { Said } from "../ground/errors.js";
import { icon } from "../ground/icons.js";
import { t } from "../ground/words.js";
import { frame } from "./frame.js";

const SIZES = [
  ["1280x720", "video-wide"],
  ["720x1280", "video-tall"],
  ["720x720", "video-square"],
  ["1920x1080", "video-large"],
  ["640x360", "video-small"],
];
const SECONDS = ["2", "4", "8", "12"];
const COUNTS = ["1", "2", "4"];
const SOUNDS = { made: "video-sound-made", none: "video-sound-none", own: "video-sound-own" };
/** Kinds of files that are heard as a track. */
const TRACKS = "audio/*,.wav,.aiff,.flac,.mp3,.ogg,.opus,.m4a";
const EXAMPLES = ["video-example-1", "video-example-2", "video-example-3"];

/** @typedef {{ shots: { prompt: string, seconds?: number }[], seed?: number, size?: string, model?: string, loop?: boolean, label?: boolean, sound?: boolean, after?: string, remix?: string }} Taken */

/** @typedef {{ name: string, size: string, takes: string[], is_built_in: boolean }} Maker */

/**
 * @param {() => void} begun Called when films were begun.
 */
export function wishes(begun) {
  const shots = h("ol", { class: "shots" });
  const wrong = h("p", { class: "wrong", role: "alert" });
  const size = choice(t("video-size"), SIZES.map(([value, key]) => [value ?? "", t(key ?? "")]));
  const model = choice(t("video-model"), []);
  const begins = frame(t("video-first"));
  const ends = frame(t("video-last"));
  const against = h("input", { type: "text", maxlength: 1000, "aria-label": t("video-negative") });
  const adapter = choice(t("video-adapter"), []);
  const strength = h("input", { type: "number", min: -4, max: 4, step: 0.1, value: "1", "aria-label": t("video-adapter-strength") });
  const adapts = h("div", { class: "wish-pair", hidden: true }, adapter.element, h("label", { class: "named is-short" }, h("span", null, t("video-adapter-strength")), strength));
  const guides = h("div", { class: "wish-row", hidden: true }, begins.element, ends.element, h("label", { class: "named is-long" }, h("span", null, t("video-negative")), against), adapts);
  const drawn = h("p", { class: "faint" });
  /** @type {Maker[]} */
  let makers = [];
  /** @type {string[]} */
  let adapters = [];
  const count = choice(t("video-count"), COUNTS.map((value) => [value, t("video-count-of", { count: Number(value) })]));
  const seed = h("input", { type: "number", min: 0, max: Number.MAX_SAFE_INTEGER, step: 1, inputmode: "numeric", placeholder: t("video-seed-any"), "aria-label": t("video-seed") });
  const loop = h("input", { type: "checkbox" });
  const label = h("input", { type: "checkbox" });
  const sound = choice(t("video-sound"), []);
  const track = h("input", { type: "file", accept: TRACKS, "aria-label": t("video-track") });
  const brought = h("label", { class: "named is-long", hidden: true }, h("span", null, t("video-track")), track);
  const make = h("button", { class: "main", type: "submit" }, icon("play"), t("video-make"));
  const another = h("button", { class: "plain", type: "button" }, icon("plus"), t("video-shot-add"));
  /** A size that a film had, or an address says. */
  let taken = "";
  /** The film that is followed by what is asked for, or made again with other words, if one is. @type {{ id: string, words: string, isRemix: boolean } | null} */
  let before = null;
  const followed = h("p", { class: "followed", hidden: true });

  const add = (prompt = "", seconds = "4") => {
    const text = h("textarea", { rows: 2, maxlength: 4000, placeholder: t("video-prompt"), "aria-label": t("video-prompt"), value: prompt });
    const lengths = SECONDS.includes(seconds) ? SECONDS : [seconds, ...SECONDS];
    const long = choice(t("video-seconds"), lengths.map((value) => [value, t("video-seconds-of", { count: Number(value) })]), seconds);
    const off = h("button", { class: "quiet", type: "button", "aria-label": t("video-shot-remove") }, icon("close"));
    const shot = h("li", { class: "shot" }, text, h("div", { class: "shot-side" }, long.element, off));
    off.addEventListener("click", () => (shot.remove(), number(), last()?.focus()));
    text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    shots.append(shot);
    number();
    return text;
  };
  const last = () => /** @type {HTMLTextAreaElement | null} */ (shots.querySelector("li:last-child textarea"));
  const number = () => shots.classList.toggle("is-several", shots.childElementCount > 1);
  const follow = (/** @type {typeof before} */ film) => {
    before = film;
    followed.hidden = !film;
    const quit = h("button", { class: "link", type: "button", onclick: () => follow(null) }, t("video-follow-not"));
    fill(followed, ...(film ? [t(film.isRemix ? "video-remixes" : "video-follows", { words: film.words }), " ", quit] : []));
    another.hidden = Boolean(film);
  };
  another.addEventListener("click", () => add().focus());

  const send = async () => {
    const wanted = [...shots.children].map((shot) => {
      const text = /** @type {HTMLTextAreaElement} */ (shot.querySelector("textarea"));
      const long = /** @type {HTMLSelectElement} */ (shot.querySelector("select"));
      return { prompt: text.value.trim(), seconds: long.value };
    });
    const [only] = wanted;
    if (before?.isRemix) return ask("POST", `/v1/videos/${before.id}/remix`, only);
    if (before) return ask("POST", "/v1/videos/extensions", { video: { id: before.id }, ...only });
    const own = sound.value() === "own" ? track.files?.[0] : undefined;
    if (sound.value() === "own" && !own) throw new Said(t("video-track-none"));
    // What a network makes has no sound of its own, and is not asked for any.
    const sounds = own || isNetwork() ? undefined : sound.value() === "made";
    const film = { size: size.value(), model: model.value() || undefined, loop: loop.checked, label: label.checked, sound: sounds };
    const what = wanted.length > 1 ? { shots: wanted } : only;
    const first = seed.value === "" ? Math.floor(Math.random() * 1_000_000) : Number(seed.value);
    // Several at once are the same words by other chance.
    const seeds = Array.from({ length: Number(count.value()) }, (_, at) => first + at);
    for (const one of seeds.reverse()) await ask("POST", "/v1/videos", guided({ ...what, ...film, seed: one }, own));
  };
  /** What is asked for, as a form where files come along. @param {Record<string, unknown>} wanted @param {File | undefined} audio */
  const guided = (wanted, audio) => {
    const loras = adapts.hidden || !adapter.value() ? undefined : [{ name: adapter.value(), scale: Number(strength.value) }];
    const all = guides.hidden ? wanted : { ...wanted, negative_prompt: against.value.trim() || undefined, loras };
    const pictures = guides.hidden ? [] : [begins.picture(), ends.picture()];
    const files = [["input_reference", pictures[0]], ["last_frame", pictures[1]], ["audio", audio]];
    if (!files.some(([, file]) => file)) return all;
    const form = new FormData();
    for (const [name, value] of Object.entries(all)) if (value !== undefined) form.append(name, typeof value === "object" ? JSON.stringify(value) : String(value));
    for (const [name, file] of files) if (typeof name === "string" && file instanceof File) form.append(name, file);
    return form;
  };
  const isNetwork = () => Boolean(makers.find((maker) => maker.name === model.value())?.takes.length);
  /** What is asked of whoever is to make it. */
  const suit = () => {
    const maker = makers.find((maker) => maker.name === model.value());
    const takes = maker?.takes ?? [];
    guides.hidden = !takes.length;
    begins.element.hidden = !takes.includes("input_reference");
    ends.element.hidden = !takes.includes("last_frame");
    const own = maker && takes.length && !SIZES.some(([value]) => value === maker.size) ? [[maker.size, t("video-own", { size: maker.size.replace("x", " × ") })]] : [];
    const chosen = own[0]?.[0] ?? size.value();
    const others = taken && !SIZES.some(([value]) => value === taken) ? [[taken, taken.replace("x", " × ")]] : [];
    fill(size.select, [...own, ...SIZES.map(([value, key]) => [value ?? "", t(key ?? "")]), ...others].map(([value, label]) => h("option", { value, selected: value === chosen }, label)));
    loop.disabled = takes.length > 0 && !takes.includes("loop");
    if (loop.disabled) loop.checked = false;
    adapts.hidden = !takes.includes("loras") || adapters.length === 0;
    // What a network makes has no sound of its own.
    const heard = Object.entries(SOUNDS).filter(([value]) => !takes.length || value !== "made");
    const kept = sound.value();
    fill(sound.select, heard.map(([value, key]) => h("option", { value, selected: value === kept }, t(key))));
    brought.hidden = sound.value() !== "own";
    fill(drawn, t(takes.length ? "video-generated" : "video-drawn"));
  };
  model.select.addEventListener("change", suit);
  sound.select.addEventListener("change", suit);
  /** Who makes films here, and what may be added to networks. @param {Maker[]} now @param {string[]} added */
  const know = (now, added) => {
    if (JSON.stringify([now, added]) === JSON.stringify([makers, adapters])) return;
    const chosen = model.value();
    [makers, adapters] = [now, added];
    fill(adapter.select, ["", ...adapters].map((name) => h("option", { value: name }, name || t("video-adapter-none"))));
    fill(model.select, makers.map((maker) => h("option", { value: maker.name, selected: maker.name === chosen }, !maker.takes.length ? t("video-scene") : maker.is_built_in ? t("video-built-in") : maker.name)));
    model.element.hidden = makers.length < 2;
    suit();
  };
  const form = h(
    "form",
    {
      class: "wish",
      onsubmit: async (/** @type {Event} */ event) => {
        event.preventDefault();
        if (make.disabled) return;
        make.disabled = true;
        fill(wrong);
        try {
          await send();
          follow(null);
        } catch (error) {
          fill(wrong, told(error));
        }
        begun();
        make.disabled = false;
      },
    },
    followed,
    shots,
    h("div", { class: "wish-row" }, model.element, size.element, count.element, h("label", { class: "named" }, h("span", null, t("video-seed")), seed), sound.element, brought, h("label", { class: "ticked" }, loop, t("video-loop")), h("label", { class: "ticked", title: t("video-label-why") }, label, t("video-label"))),
    guides,
    wrong,
    h("div", { class: "wish-row" }, make, another),
    h("p", { class: "examples" }, EXAMPLES.map((key) => h("button", { class: "link", type: "button", onclick: () => take({ shots: [{ prompt: t(key) }] }) }, t(key)))),
    drawn,
  );
  const take = (/** @type {Taken} */ film) => {
    fill(shots);
    const words = film.shots.map((shot) => shot.prompt).join(" · ");
    if (film.after) add();
    else for (const shot of film.shots) add(shot.prompt, String(shot.seconds ?? 4));
    const text = /** @type {HTMLTextAreaElement} */ (shots.querySelector("textarea"));
    if (film.model && makers.some((maker) => maker.name === film.model)) model.select.value = film.model;
    taken = film.size ?? "";
    suit();
    if (film.size) size.select.value = film.size;
    count.select.value = "1";
    if (film.seed !== undefined) seed.value = String(film.seed);
    if (film.loop !== undefined) loop.checked = film.loop;
    if (film.label !== undefined) label.checked = film.label;
    if (film.sound !== undefined && !isNetwork()) sound.select.value = film.sound ? "made" : "none";
    brought.hidden = sound.value() !== "own";
    const id = film.after ?? film.remix;
    follow(id ? { id, words, isRemix: Boolean(film.remix) } : null);
    text.focus();
    text.select();
    form.scrollIntoView({ block: "nearest" });
  };
  model.element.hidden = true;
  suit();
  add();
  return { element: h("div", null, form), take, know };
}

/**
 * A choice with its name above it.
 * @param {string} name
 * @param {string[][]} options
 * @param {string} [chosen]
 */
function choice(name, options, chosen) {
  const select = h("select", { "aria-label": name }, options.map(([value, label]) => h("option", { value, selected: value === chosen }, label)));
  return { element: h("label", { class: "named" }, h("span", null, name), select), select, value: () => select.value };
}
