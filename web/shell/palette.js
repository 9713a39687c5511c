// Ctrl-K: everything that can be done, and everything that was said.
import { command } from "../chat/commands.js";
import { openDeleted } from "../chat/deleted.js";
import { dialog } from "../ground/dialog.js";
import { fill, h, later } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { go } from "../ground/route.js";
import { app, may } from "../ground/state.js";
import { choose } from "../ground/theme.js";
import { moment } from "../ground/when.js";
import { t } from "../ground/words.js";
import { leaveHouse } from "../door/sign-in.js";
import { found, foundWithin, marked } from "./found.js";

/**
 * @typedef {{
 *   label: string, about?: string, icon: string, act: () => void, keys?: string, words?: (Node | string)[],
 *   excerpt?: (Node | string)[], chat?: string, stays?: boolean, more?: { label: string, act: () => void },
 * }} Entry
 */

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
    ...(may("manage_models") ? [{ label: t("training"), icon: "curve", act: () => go("/training") }] : []),
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
  // One that was closed stays until its browser says so, which may be after the next keys.
  if (document.querySelector("dialog.palette[open]")) return;
  dialog({ title: t("palette"), kind: "palette", hidesTitle: true }, (close) => {
    const list = h("ul", { role: "listbox", id: "palette-list", "aria-label": t("palette") });
    const field = h("input", {
      type: "search", role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list", "aria-autocomplete": "list",
      "aria-label": t("palette"), placeholder: t("palette-hint"), autocomplete: "off", spellcheck: "false", autofocus: true,
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
    const chats = app.now.chats.map((chat) => ({ label: chat.title ?? t("untitled"), icon: "note", act: () => go(`/chat/${chat.id}`), about: moment(chat.updated_at), chat: chat.id }));
    const actions = entries().filter(fits);
    const titled = chats.filter(fits).map((chat) => ({ ...chat, words: marked(chat.label, text) }));
    this.show([...actions.slice(0, words.length ? 8 : 6), ...titled.slice(0, words.length ? 8 : 5)]);
    if (words.length) this.search(text);
  }

  /** Looks through all that was said. @param {string} text */
  async searchFor(text) {
    const isOver = () => text !== this.field.value || !this.field.isConnected;
    if (isOver()) return;
    try {
      const rows = await found(text, (row, title) => this.searchWithin(text, row, title));
      if (isOver()) return;
      // What was found by its title alone is the same chat.
      const at = this.shown[this.at];
      const others = this.shown.filter((entry) => !entry.chat);
      this.show([...others, ...rows]);
      const same = this.shown.findIndex((entry) => (entry.chat ? entry.chat === at?.chat : entry === at));
      this.move(Math.max(0, same));
    } catch {
      // The rail says that there is no server; what is known here is shown.
    }
  }

  /**
   * @param {string} text
   * @param {import("./found.js").Row} row
   * @param {string} title
   */
  async searchWithin(text, row, title) {
    const before = this.shown;
    const at = this.at;
    const back = () => {
      this.show(before);
      this.move(at);
    };
    try {
      const rows = await foundWithin(text, row);
      if (text !== this.field.value) return;
      this.show([{ label: title, about: t("found-back"), icon: "left", act: back, stays: true }, ...rows]);
      this.move(1);
    } catch {
      // As above.
    }
    this.field.focus();
  }

  /** @param {Entry[]} entries */
  show(entries) {
    this.shown = entries;
    const rows = entries.map((entry, at) =>
      h(
        "li",
        { role: "option", id: `palette-${at}`, onclick: () => this.act(at), onpointermove: () => this.move(at) },
        icon(entry.icon),
        h("span", null, h("span", null, entry.words ?? entry.label), entry.excerpt && h("small", null, entry.excerpt), entry.about && h("small", null, entry.about)),
        entry.more && this.more(entry.more, at),
        entry.keys && h("kbd", null, entry.keys),
      ),
    );
    fill(this.list, rows.length ? rows : h("li", { class: "faint", role: "option", "aria-disabled": "true" }, t("nothing-found")));
    this.move(0);
  }

  /**
   * What leads to all places of a chat in which the words stand; by the keyboard, it is reached with the arrow.
   * @param {{ label: string, act: () => void }} more
   * @param {number} at
   */
  more(more, at) {
    const act = (/** @type {Event} */ event) => {
      event.stopPropagation();
      this.move(at);
      more.act();
    };
    return h("span", { class: "found-more", onclick: act, title: t("found-more-about") }, more.label, icon("right"));
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
    const entry = this.shown[at];
    if (!entry?.stays) this.close();
    entry?.act();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key === "ArrowDown") this.move(this.at + 1);
    else if (event.key === "ArrowUp") this.move(this.at - 1);
    else if (event.key === "Enter" && !event.isComposing) this.act(this.at);
    // Browsers would empty the field first.
    else if (event.key === "Escape") this.close();
    else if (event.key === "ArrowRight" && this.isAtEnd() && this.shown[this.at]?.more) this.shown[this.at]?.more?.act();
    else if (event.key === "ArrowLeft" && this.shown[0]?.stays && this.isAtEnd()) this.act(0);
    else return;
    event.preventDefault();
  }

  /** Whether what is typed next would stand at the end of the field. */
  isAtEnd() {
    return this.field.selectionStart === this.field.value.length;
  }
}
