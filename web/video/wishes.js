// What is asked for: words, shots one after the other, and how the film is to be.
import { ask, told } from "../ground/api.js";
import { fill, h } from "../ground/dom.js";
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
const EXAMPLES = ["video-example-1", "video-example-2", "video-example-3"];

/** @typedef {{ shots: { prompt: string, seconds?: number }[], seed?: number, size?: string, model?: string, loop?: boolean, sound?: boolean, after?: string }} Taken */

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
  const guides = h("div", { class: "wish-row", hidden: true }, begins.element, ends.element, h("label", { class: "named is-long" }, h("span", null, t("video-negative")), against));
  const drawn = h("p", { class: "faint" });
  /** @type {Maker[]} */
  let makers = [];
  const count = choice(t("video-count"), COUNTS.map((value) => [value, t("video-count-of", { count: Number(value) })]));
  const seed = h("input", { type: "number", min: 0, max: Number.MAX_SAFE_INTEGER, step: 1, inputmode: "numeric", placeholder: t("video-seed-any"), "aria-label": t("video-seed") });
  const loop = h("input", { type: "checkbox" });
  const sound = h("input", { type: "checkbox", checked: true });
  const make = h("button", { class: "main", type: "submit" }, icon("play"), t("video-make"));
  const another = h("button", { class: "plain", type: "button" }, icon("plus"), t("video-shot-add"));
  /** The film that is followed by what is asked for, if one is. */
  let after = "";
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
  const follow = (/** @type {string} */ id, /** @type {string} */ words) => {
    after = id;
    followed.hidden = !id;
    const quit = h("button", { class: "link", type: "button", onclick: () => follow("", "") }, t("video-follow-not"));
    fill(followed, ...(id ? [t("video-follows", { words }), " ", quit] : []));
    another.hidden = Boolean(id);
  };
  another.addEventListener("click", () => add().focus());

  const send = async () => {
    const wanted = [...shots.children].map((shot) => {
      const text = /** @type {HTMLTextAreaElement} */ (shot.querySelector("textarea"));
      const long = /** @type {HTMLSelectElement} */ (shot.querySelector("select"));
      return { prompt: text.value.trim(), seconds: long.value };
    });
    const [only] = wanted;
    if (after) return ask("POST", "/v1/videos/extensions", { video: { id: after }, ...only });
    const film = { size: size.value(), model: model.value() || undefined, loop: loop.checked, sound: sound.disabled ? undefined : sound.checked };
    const what = wanted.length > 1 ? { shots: wanted } : only;
    const first = seed.value === "" ? Math.floor(Math.random() * 1_000_000) : Number(seed.value);
    // Several at once are the same words by other chance.
    const seeds = Array.from({ length: Number(count.value()) }, (_, at) => first + at);
    for (const one of seeds.reverse()) await ask("POST", "/v1/videos", guided({ ...what, ...film, seed: one }));
  };
  /** What is asked for, as a form where pictures come along. @param {Record<string, unknown>} wanted */
  const guided = (wanted) => {
    if (guides.hidden) return wanted;
    const all = { ...wanted, negative_prompt: against.value.trim() || undefined };
    const pictures = /** @type {const} */ ([["input_reference", begins.picture()], ["last_frame", ends.picture()]]);
    if (!pictures.some(([, picture]) => picture)) return all;
    const form = new FormData();
    for (const [name, value] of Object.entries(all)) if (value !== undefined) form.append(name, typeof value === "object" ? JSON.stringify(value) : String(value));
    for (const [name, picture] of pictures) if (picture) form.append(name, picture);
    return form;
  };
  /** What is asked of whoever is to make it. */
  const suit = () => {
    const maker = makers.find((maker) => maker.name === model.value());
    const takes = maker?.takes ?? [];
    guides.hidden = !takes.length;
    begins.element.hidden = !takes.includes("input_reference");
    ends.element.hidden = !takes.includes("last_frame");
    const own = maker && takes.length && !SIZES.some(([value]) => value === maker.size) ? [[maker.size, t("video-own", { size: maker.size.replace("x", " × ") })]] : [];
    const chosen = own[0]?.[0] ?? size.value();
    fill(size.select, [...own, ...SIZES.map(([value, key]) => [value ?? "", t(key ?? "")])].map(([value, label]) => h("option", { value, selected: value === chosen }, label)));
    loop.disabled = takes.length > 0 && !takes.includes("loop");
    if (loop.disabled) loop.checked = false;
    // What a network makes has no sound of its own.
    sound.disabled = takes.length > 0;
    fill(drawn, t(takes.length ? "video-generated" : "video-drawn"));
  };
  model.select.addEventListener("change", suit);
  /** Who makes films here. @param {Maker[]} now */
  const know = (now) => {
    if (JSON.stringify(now) === JSON.stringify(makers)) return;
    const chosen = model.value();
    makers = now;
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
          follow("", "");
        } catch (error) {
          fill(wrong, told(error));
        }
        begun();
        make.disabled = false;
      },
    },
    followed,
    shots,
    h("div", { class: "wish-row" }, model.element, size.element, count.element, h("label", { class: "named" }, h("span", null, t("video-seed")), seed), h("label", { class: "ticked" }, loop, t("video-loop")), h("label", { class: "ticked" }, sound, t("video-sound"))),
    guides,
    wrong,
    h("div", { class: "wish-row" }, make, another),
    h("p", { class: "examples" }, EXAMPLES.map((key) => h("button", { class: "link", type: "button", onclick: () => take({ shots: [{ prompt: t(key) }] }) }, t(key)))),
    drawn,
  );
  const take = (/** @type {Taken} */ taken) => {
    fill(shots);
    const words = taken.shots.map((shot) => shot.prompt).join(" · ");
    if (taken.after) add();
    else for (const shot of taken.shots) add(shot.prompt, String(shot.seconds ?? 4));
    const text = /** @type {HTMLTextAreaElement} */ (shots.querySelector("textarea"));
    if (taken.model && makers.some((maker) => maker.name === taken.model)) model.select.value = taken.model;
    suit();
    if (taken.size && ![...size.select.options].some((option) => option.value === taken.size)) {
      size.select.append(h("option", { value: taken.size }, taken.size.replace("x", " × ")));
    }
    if (taken.size) size.select.value = taken.size;
    count.select.value = "1";
    if (taken.seed !== undefined) seed.value = String(taken.seed);
    if (taken.loop !== undefined) loop.checked = taken.loop;
    if (taken.sound !== undefined) sound.checked = taken.sound;
    follow(taken.after ?? "", words);
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
