// Ctrl-K: everything that can be done, and everything that was said.
import { command, openTurn } from "../chat/commands.js";
import { openDeleted } from "../chat/deleted.js";
import { ask } from "../ground/api.js";
import { dialog } from "../ground/dialog.js";
import { fill, h, later } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { go } from "../ground/route.js";
import { app } from "../ground/state.js";
import { choose } from "../ground/theme.js";
import { moment } from "../ground/when.js";
import { t } from "../ground/words.js";
import { leaveHouse } from "../door/sign-in.js";

/** @typedef {{ label: string, about?: string, icon: string, act: () => void, keys?: string }} Entry */

const FOUND_MAX = 20;

export function listenForKeys() {
  addEventListener("keydown", (event) => {
    const isCommand = event.ctrlKey || event.metaKey;
    if (!isCommand || event.altKey || !app.now.who) return;
    const key = event.key.toLowerCase();
    if (key === "k" && !event.shiftKey) openPalette();
    else if (key === "o" && event.shiftKey) go("/");
    else return;
    event.preventDefault();
  });
}

/** @returns {Entry[]} */
function entries() {
  const isKnown = app.now.who?.via === "session";
  return [
    { label: t("new-chat"), icon: "pen", act: () => go("/"), keys: "Ctrl Shift O" },
    ...command.list(),
    { label: t("code"), icon: "braces", act: () => go("/code") },
    { label: t("models"), icon: "box", act: () => go("/models") },
    { label: t("activity"), icon: "pulse", act: () => go("/activity") },
    { label: t("settings"), icon: "gear", act: () => go("/settings") },
    { label: t("deleted-chats"), icon: "bin", act: () => openDeleted() },
    { label: t("theme-light"), icon: "sliders", act: () => choose("light") },
    { label: t("theme-dark"), icon: "sliders", act: () => choose("dark") },
    { label: t("theme-system"), icon: "sliders", act: () => choose("system") },
    { label: t("first-steps"), icon: "mark", act: () => go("/welcome") },
    isKnown ? { label: t("sign-out"), icon: "out", act: () => leaveHouse(true) } : { label: t("sign-in"), icon: "person", act: () => go("/sign-in") },
  ];
}

export function openPalette() {
  if (document.querySelector("dialog.palette")) return;
  dialog({ title: t("palette"), kind: "palette", hidesTitle: true }, (close) => {
    const list = h("ul", { role: "listbox", id: "palette-list", "aria-label": t("palette") });
    const field = h("input", {
      type: "search", role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list", "aria-autocomplete": "list",
      "aria-label": t("palette"), placeholder: t("palette-hint"), autocomplete: "off", spellcheck: "false",
    });
    const found = new Found(list, field, close);
    field.addEventListener("input", () => found.look(field.value));
    field.addEventListener("keydown", (event) => found.key(event));
    found.look("");
    return [h("div", { class: "palette-field" }, icon("search"), field), list];
  });
}

class Found {
  /**
   * @param {HTMLElement} list
   * @param {HTMLInputElement} field
   * @param {() => void} close
   */
  constructor(list, field, close) {
    this.list = list;
    this.field = field;
    this.close = close;
    this.at = 0;
    /** @type {Entry[]} */
    this.shown = [];
    this.search = later(150, (/** @type {string} */ text) => this.searchFor(text));
  }

  /** @param {string} text */
  look(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (/** @type {Entry} */ entry) => words.every((word) => entry.label.toLowerCase().includes(word));
    const chats = app.now.chats.map((chat) => ({ label: chat.title ?? t("untitled"), icon: "note", act: () => go(`/chat/${chat.id}`), about: moment(chat.updated_at) }));
    const actions = entries().filter(fits);
    this.show([...actions.slice(0, words.length ? 8 : 6), ...chats.filter(fits).slice(0, words.length ? 8 : 5)]);
    if (words.length) this.search(text);
  }

  /** @param {string} text */
  async searchFor(text) {
    if (text !== this.field.value) return;
    const { data } = await ask("GET", `/api/chats/search?limit=${FOUND_MAX}&q=${encodeURIComponent(text)}`);
    if (text !== this.field.value) return;
    const told = data.filter((/** @type {any} */ hit) => hit.turn !== null);
    const more = told.map((/** @type {any} */ hit) => ({
      label: hit.title ?? t("untitled"), about: hit.excerpt, icon: "search",
      act: () => openTurn(hit.chat, hit.turn),
    }));
    const at = this.at;
    this.show([...this.shown, ...more]);
    this.move(at);
  }

  /** @param {Entry[]} entries */
  show(entries) {
    this.shown = entries;
    const rows = entries.map((entry, at) =>
      h(
        "li",
        { role: "option", id: `palette-${at}`, onclick: () => this.act(at), onpointermove: () => this.move(at) },
        icon(entry.icon),
        h("span", null, h("span", null, entry.label), entry.about && h("small", null, entry.about)),
        entry.keys && h("kbd", null, entry.keys),
      ),
    );
    fill(this.list, rows.length ? rows : h("li", { class: "faint", role: "option", "aria-disabled": "true" }, t("nothing-found")));
    this.move(0);
  }

  /** @param {number} to */
  move(to) {
    const count = this.shown.length;
    this.at = count ? (to + count) % count : 0;
    [...this.list.children].forEach((row, at) => row.setAttribute("aria-selected", String(at === this.at && count > 0)));
    this.field.setAttribute("aria-activedescendant", count ? `palette-${this.at}` : "");
    this.list.children[this.at]?.scrollIntoView({ block: "nearest" });
  }

  /** @param {number} at */
  act(at) {
    this.close();
    this.shown[at]?.act();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key === "ArrowDown") this.move(this.at + 1);
    else if (event.key === "ArrowUp") this.move(this.at - 1);
    else if (event.key === "Enter" && !event.isComposing) this.act(this.at);
    else return;
    event.preventDefault();
  }
}
