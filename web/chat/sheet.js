// How a chat answers, in plain words: what the model is told first, how freely it speaks, how long, how it thinks.
import { ask, told } from "../ground/api.js";
import { dialog, menu, prompt } from "../ground/dialog.js";
import { fill, h, later } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { notice } from "../ground/notice.js";
import { t } from "../ground/words.js";

/** @typedef {import("./room.js").Room} Room */
/** @typedef {{ id: string, title: string, text: string }} Note */

/** What may be chosen: a name, and the values that it stands for. */
const CHOICES = /** @type {Record<string, [string, any][]>} */ ({
  temperature: [["usual", undefined], ["precise", 0.2], ["balanced", 0.7], ["free", 1.1]],
  max_output_tokens: [["usual", undefined], ["short", 256], ["middle", 1024], ["long", 4096]],
  effort: [["usual", undefined], ["none", "none"], ["low", "low"], ["high", "high"]],
});

/** @param {Room} room */
export function openSheet(room) {
  dialog({ title: t("tune"), kind: "sheet" }, () => {
    const fields = Object.entries(CHOICES).map(([name, choices]) => choice(room, name, choices));
    return [instructions(room), ...fields];
  });
}

/** @param {Room} room */
function instructions(room) {
  const keep = later(400, () => change(room, { instructions: field.value.trim() || null }));
  const field = h("textarea", { id: "instructions", rows: 6, value: room.about.instructions ?? "", placeholder: t("instructions-hint"), oninput: keep, dir: "auto" });
  const notes = h("button", { class: "plain", type: "button", "aria-haspopup": "menu" }, icon("note"), t("notes"));
  notes.addEventListener("click", () => openNotes(notes, field, room));
  const save = () =>
    prompt(t("note-name"), firstWords(field.value), async (title) => {
      try {
        await ask("POST", "/api/notes", { title, text: field.value });
        notice(t("note-kept", { title }));
      } catch (error) {
        notice(told(error));
      }
    });
  const keepNote = h("button", { class: "plain", type: "button", disabled: !field.value.trim(), onclick: save }, icon("plus"), t("note-keep"));
  field.addEventListener("input", () => (keepNote.disabled = !field.value.trim()));
  return h(
    "section",
    null,
    h("label", { for: "instructions" }, t("instructions")),
    h("p", { class: "faint" }, t("instructions-about")),
    field,
    h("div", { class: "row" }, notes, keepNote),
  );
}

/**
 * @param {HTMLButtonElement} button
 * @param {HTMLTextAreaElement} field
 * @param {Room} room
 */
async function openNotes(button, field, room) {
  /** @type {Note[]} */
  let notes = [];
  try {
    notes = (await ask("GET", "/api/notes")).data;
  } catch (error) {
    return notice(told(error));
  }
  if (notes.length === 0) return notice(t("no-notes"));
  const use = (/** @type {Note} */ note) => {
    field.value = note.text;
    change(room, { instructions: note.text });
    notice(t("note-used", { title: note.title }), { label: t("note-delete"), act: () => forget(note) });
  };
  menu(button, notes.map((note) => ({ label: note.title, about: note.text.slice(0, 80), icon: "note", act: () => use(note) })), t("notes"));
}

/** @param {Note} note */
async function forget(note) {
  try {
    await ask("DELETE", `/api/notes/${note.id}`);
    notice(t("note-deleted", { title: note.title }), { label: t("undo"), act: () => void ask("POST", "/api/notes", { title: note.title, text: note.text }) });
  } catch (error) {
    notice(told(error));
  }
}

/**
 * @param {Room} room
 * @param {string} name
 * @param {[string, any][]} choices
 */
function choice(room, name, choices) {
  const settings = /** @type {Record<string, any>} */ (room.about.settings ?? {});
  const about = h("p", { class: "faint" });
  const options = choices.map(([word, value]) => {
    const radio = h("input", { type: "radio", name, checked: settings[name] === value, "data-word": word });
    radio.addEventListener("change", () => {
      fill(about, t(`${name}-${word}-about`));
      const now = /** @type {Record<string, any>} */ ({ ...room.about.settings });
      if (value === undefined) delete now[name];
      else now[name] = value;
      change(room, { settings: now });
    });
    if (radio.checked) fill(about, t(`${name}-${word}-about`));
    return h("label", null, radio, h("span", null, t(`${name}-${word}`)));
  });
  return h("fieldset", null, h("legend", null, t(name)), h("div", { class: "segments" }, options), about);
}

/**
 * @param {Room} room
 * @param {Partial<import("../ground/state.js").Chat>} what
 */
function change(room, what) {
  room.change(what).catch((error) => notice(told(error)));
}

/** @param {string} text */
function firstWords(text) {
  return text.trim().split(/\s+/).slice(0, 5).join(" ");
}
