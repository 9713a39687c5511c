// What is asked for: words, shots one after the other, and how the film is to be.
import { ask, told } from "../ground/api.js";
import { fill, h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { t } from "../ground/words.js";

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

/** @typedef {{ shots: { prompt: string, seconds?: number }[], seed?: number, size?: string, loop?: boolean, sound?: boolean, after?: string }} Taken */

/**
 * @param {() => void} begun Called when films were begun.
 */
export function wishes(begun) {
  const shots = h("ol", { class: "shots" });
  const wrong = h("p", { class: "wrong", role: "alert" });
  const size = choice(t("video-size"), SIZES.map(([value, key]) => [value ?? "", t(key ?? "")]));
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
    const film = { size: size.value(), loop: loop.checked, sound: sound.checked };
    const what = wanted.length > 1 ? { shots: wanted } : only;
    const first = seed.value === "" ? Math.floor(Math.random() * 1_000_000) : Number(seed.value);
    // Several at once are the same words by other chance.
    const seeds = Array.from({ length: Number(count.value()) }, (_, at) => first + at);
    for (const one of seeds.reverse()) await ask("POST", "/v1/videos", { ...what, ...film, seed: one });
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
    h("div", { class: "wish-row" }, size.element, count.element, h("label", { class: "named" }, h("span", null, t("video-seed")), seed), h("label", { class: "ticked" }, loop, t("video-loop")), h("label", { class: "ticked" }, sound, t("video-sound"))),
    wrong,
    h("div", { class: "wish-row" }, make, another),
    h("p", { class: "examples" }, EXAMPLES.map((key) => h("button", { class: "link", type: "button", onclick: () => take({ shots: [{ prompt: t(key) }] }) }, t(key)))),
    h("p", { class: "faint" }, t("video-drawn")),
  );
  const take = (/** @type {Taken} */ taken) => {
    fill(shots);
    const words = taken.shots.map((shot) => shot.prompt).join(" · ");
    if (taken.after) add();
    else for (const shot of taken.shots) add(shot.prompt, String(shot.seconds ?? 4));
    const text = /** @type {HTMLTextAreaElement} */ (shots.querySelector("textarea"));
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
  add();
  return { element: h("div", null, form), take };
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
