// The page of a chat.
import { Refusal, told } from "../ground/api.js";
import { fill, h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { notice } from "../ground/notice.js";
import { go } from "../ground/route.js";
import { app, may } from "../ground/state.js";
import { greeting } from "../ground/when.js";
import { t } from "../ground/words.js";
import { railButton } from "../shell/frame.js";
import { command, takeSought } from "./commands.js";
import { Composer } from "./composer.js";
import { chatMenu, exportChat, remove, rename, whenTold } from "./history.js";
import { parts } from "./files.js";
import { Room } from "./room.js";
import { openSheet } from "./sheet.js";
import { Thread } from "./thread.js";
import { attached } from "./tree.js";
import { openTree } from "./treeview.js";

/** @typedef {import("./tree.js").Turn} Turn */

const EXAMPLES = ["example-plan", "example-code", "example-explain", "example-write"];

/** What the built-in model does. */
const REQUESTS = ["example-clock", "example-sum", "example-units", "example-repair"];

/**
 * @param {string | null} id
 * @returns {import("../main.js").Page}
 */
export function chatPage(id) {
  const view = new ChatView(id);
  return { element: view.element, title: "", name: "chat", leave: () => view.leave() };
}

class ChatView {
  /** @param {string | null} id */
  constructor(id) {
    /** @type {boolean | undefined} */
    this.wasRunning = undefined;
    /** @type {string | null | undefined} */
    this.shownLeaf = undefined;
    this.room = new Room(id, { path: () => this.showPath(), turn: (turn) => this.showTurn(turn), chat: () => this.showChat() });
    const room = this.room;
    this.thread = new Thread({
      again: (turn) => this.try(() => room.again(turn)),
      edit: (turn, text) => this.try(() => room.ask([...attached(turn), ...parts(text, [])], turn.after)),
      draft: (turn) => (room.isTemporary ? null : `draft.${room.id}.edit.${turn.id}`),
      choose: (id) => room.choose(id),
      answers: (turn) => room.tree.answers(turn),
      questions: (turn) => room.tree.questions(turn),
    });
    this.composer = new Composer(room);
    this.head = h("header", { class: "page-head" });
    this.said = h("p", { class: "hidden", role: "status" });
    this.welcome = h("div", { class: "greeting" });
    const foot = h("div", { class: "foot" }, this.thread.toEnd, this.composer.element, h("p", { class: "fine" }, t("fine")));
    this.element = h("div", { class: "chat" }, this.head, this.welcome, this.thread.element, foot, this.said);
    this.element.addEventListener("dragover", (event) => event.preventDefault());
    this.element.addEventListener("drop", (event) => {
      event.preventDefault();
      this.composer.take(event.dataTransfer?.files ?? null);
    });
    this.forget = [
      whenTold((changed) => changed === room.id && void room.reload().catch(() => {})),
      app.watch(["models"], () => this.composer.about()),
    ];
    const changed = (/** @type {any} */ event) => {
      if (event.detail.id !== room.id) return;
      Object.assign(room.about, { title: event.detail.title, pinned: event.detail.pinned });
      this.showChat();
    };
    addEventListener("freehold:changed", changed);
    this.forget.push(() => removeEventListener("freehold:changed", changed));
    command.offer(() => this.commands());
    this.begin();
  }

  async begin() {
    this.showChat();
    this.showPath();
    if (!matchMedia("(pointer: coarse)").matches) setTimeout(() => this.composer.field.focus({ preventScroll: true }));
    if (this.room.id === null) return;
    this.element.classList.add("is-loading");
    try {
      await this.room.load();
    } catch (error) {
      this.showMissing(error);
    }
    this.element.classList.remove("is-loading");
    const sought = takeSought();
    if (sought && this.room.tree.turns.has(sought)) {
      if (!this.room.path().some((turn) => turn.id === sought)) this.room.choose(sought);
      this.thread.reveal(sought);
    } else this.thread.end();
  }

  leave() {
    this.composer.leave();
    this.room.leave();
    this.thread.leave();
    for (const forget of this.forget) forget();
    command.offer(() => []);
  }

  /** Whether something could be done; what hindered it is told. @param {() => Promise<void>} work */
  async try(work) {
    try {
      await work();
      return true;
    } catch (error) {
      notice(told(error));
      return false;
    }
  }

  showPath() {
    const path = this.room.path();
    const isEmpty = path.length === 0 && (this.room.id === null || !this.element.classList.contains("is-loading"));
    this.element.classList.toggle("is-empty", isEmpty);
    if (isEmpty) this.showGreeting();
    else this.welcome.replaceChildren();
    const before = this.shownLeaf;
    this.shownLeaf = this.room.leaf;
    this.thread.show(path);
    if (before !== this.shownLeaf) this.thread.end();
    this.composer.about();
    dispatchEvent(new CustomEvent("freehold:shown"));
  }

  /** @param {Turn} turn */
  showTurn(turn) {
    this.thread.touch(turn);
    const isRunning = this.room.running() !== undefined;
    if (isRunning === this.wasRunning) return;
    this.wasRunning = isRunning;
    this.composer.about();
    this.said.textContent = isRunning ? t("answering") : t("answered");
  }

  showChat() {
    const { room } = this;
    const chat = { id: room.id ?? "", ...room.about };
    const title = room.isTemporary ? t("temporary") : room.about.title ?? "";
    document.title = title ? `${title} · Freehold` : "Freehold";
    const more = h("button", { class: "quiet", type: "button", "aria-label": t("more-about", { title }), "aria-haspopup": "menu" }, icon("more"));
    more.addEventListener("click", () => chatMenu(more, /** @type {any} */ (chat)));
    const isNew = room.id === null && room.path().length === 0;
    const ghost = h("button", { class: "quiet ghost", type: "button", "aria-pressed": String(room.isTemporary), title: t("temporary-about"), onclick: () => this.toggleTemporary() }, icon("ghost"), h("span", { class: "wide" }, t("temporary")));
    const name = room.id === null ? h("h1", title ? null : { class: "hidden" }, title || t("new-chat")) : h("h1", null, h("button", { class: "title", type: "button", title: t("rename"), onclick: () => rename(/** @type {any} */ (chat)) }, title || t("untitled")));
    fill(this.head, railButton(), name, isNew || room.isTemporary ? ghost : more);
    this.element.classList.toggle("is-temporary", room.isTemporary);
    this.composer.about();
  }

  toggleTemporary() {
    if (this.room.path().length > 0) return go("/");
    this.room.isTemporary = !this.room.isTemporary;
    this.showChat();
    this.showGreeting();
    this.composer.field.focus();
  }

  showGreeting() {
    const who = app.now.who;
    const name = who && who.via === "session" ? `, ${who.display_name}` : "";
    if (this.room.isTemporary) return fill(this.welcome, h("p", { class: "display" }, t("temporary-title")), h("p", { class: "lead" }, t("temporary-about")));
    if ((app.now.models ?? []).length === 0) {
      // Who came in without an account may be the owner.
      const isMine = may("manage_models") || app.now.who?.via !== "session";
      return fill(this.welcome, h("p", { class: "display" }, t("no-model-title")), h("p", { class: "lead" }, t(isMine ? "no-model-about" : "no-model-others")), isMine && h("p", null, h("a", { class: "main", href: "/welcome" }, t("no-model-how"))));
    }
    const model = (app.now.models ?? []).find((one) => one.name === this.room.about.model);
    const isBuiltIn = model?.owner === "freehold";
    const keys = isBuiltIn ? REQUESTS : EXAMPLES;
    const examples = keys.map((key) => h("button", { class: "example", type: "button", onclick: () => this.composer.write(t(`${key}-text`)) }, t(key)));
    const about = isBuiltIn && h("p", { class: "lead" }, t("built-in-about"), " ", h("a", { href: "/models" }, t("built-in-larger")));
    fill(this.welcome, h("p", { class: "display" }, `${greeting()}${name}.`), about, h("div", { class: "examples" }, examples));
  }

  /** @param {unknown} error */
  showMissing(error) {
    const isGone = error instanceof Refusal && error.status === 404;
    fill(this.welcome, h("p", { class: "display" }, isGone ? t("chat-missing") : t("chat-unread")), h("div", { class: "lead" }, isGone ? t("chat-missing-about") : told(error)), h("p", null, h("a", { class: "main", href: "/" }, t("new-chat"))));
    this.element.classList.add("is-empty", "is-missing");
  }

  /** @returns {import("../shell/palette.js").Entry[]} */
  commands() {
    const { room } = this;
    const chat = /** @type {any} */ ({ id: room.id, ...room.about });
    const always = [{ label: t("tune"), icon: "sliders", act: () => openSheet(room) }];
    const models = (app.now.models ?? []).filter((model) => model.name !== room.about.model);
    const switches = models.slice(0, 6).map((model) => ({ label: t("answer-with", { name: model.name }), icon: "mind", act: () => void this.try(() => room.change({ model: model.name })) }));
    if (room.id === null) return [...always, { label: t("temporary"), icon: "ghost", act: () => this.toggleTemporary() }, ...switches];
    const last = room.path().at(-1);
    return [
      ...(room.running() ? [{ label: t("stop"), icon: "stop", act: () => void this.try(() => room.stop()) }] : []),
      ...(last && !room.running() ? [{ label: t("again"), icon: "again", act: () => void this.try(() => room.again(last)) }] : []),
      ...always,
      { label: t("tree"), icon: "tree", act: () => openTree(room) },
      { label: t("rename"), icon: "pen", act: () => rename(chat) },
      { label: t("export-markdown"), icon: "download", act: () => exportChat(chat.id, "markdown") },
      { label: t("export-json"), icon: "download", act: () => exportChat(chat.id, "json") },
      { label: t("delete"), icon: "bin", act: () => void remove(chat) },
      ...switches,
    ];
  }
}
