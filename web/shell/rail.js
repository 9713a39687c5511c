// What somebody has: a new chat, a search, and all chats by their days.
import { openDeleted } from "../chat/deleted.js";
import { chatMenu, loadChats, loadMoreChats } from "../chat/history.js";
import { leaveHouse } from "../door/sign-in.js";
import { menu } from "../ground/dialog.js";
import { fill, h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { go } from "../ground/route.js";
import { app, may } from "../ground/state.js";
import { group } from "../ground/when.js";
import { t } from "../ground/words.js";
import { openPalette } from "./palette.js";

export const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

export function rail() {
  const list = h("nav", { class: "rail-list", "aria-label": t("chats") });
  const more = h("button", { class: "plain more", type: "button", onclick: loadMoreChats }, t("more-chats"));
  app.watch(["chats", "hasMoreChats"], ({ chats, hasMoreChats }) => {
    fill(list, ...groups(chats), chats.length === 0 && h("p", { class: "faint" }, t("no-chats")), hasMoreChats && more);
    mark(list);
  });
  const house = h(
    "nav",
    { class: "rail-house", "aria-label": t("house") },
    h("a", { class: "rail-row", href: "/code" }, icon("braces"), h("span", null, t("code"))),
    h("a", { class: "rail-row", href: "/video" }, icon("film"), h("span", null, t("video"))),
    h("a", { class: "rail-row", href: "/models" }, icon("box"), h("span", null, t("models"))),
    may("manage_models") && h("a", { class: "rail-row", href: "/training" }, icon("curve"), h("span", null, t("training"))),
    h("a", { class: "rail-row", href: "/activity" }, icon("pulse"), h("span", null, t("activity"))),
  );
  mark(house);
  addEventListener("freehold:shown", () => {
    mark(list);
    mark(house);
  });
  const account = h("button", { class: "rail-account", type: "button", "aria-haspopup": "menu" });
  account.addEventListener("click", () => accountMenu(account));
  app.watch(["who"], ({ who }) => {
    const name = who?.via === "anonymous" ? t("this-machine") : who?.display_name ?? "";
    fill(account, h("span", { class: "face", "aria-hidden": "true" }, who?.via === "anonymous" ? icon("person") : [...name][0]?.toLocaleUpperCase()), h("span", null, name));
  });
  const offline = h("p", { class: "offline", role: "status" });
  app.watch(["isOnline"], ({ isOnline }) => {
    fill(offline, isOnline ? null : [icon("warn"), t("offline")]);
    if (!isOnline) setTimeout(() => loadChats(), 3000);
  });
  return h(
    "aside",
    { class: "rail", "aria-label": t("rail") },
    h("a", { class: "brand", href: "/" }, icon("mark"), h("span", null, "Freehold")),
    h("a", { class: "rail-row", href: "/", "data-new": true }, icon("pen"), h("span", null, t("new-chat"))),
    h("button", { class: "rail-row", type: "button", onclick: () => openPalette() }, icon("search"), h("span", null, t("search")), h("kbd", null, isMac ? "⌘K" : "Ctrl K")),
    list,
    house,
    offline,
    account,
  );
}

/** @param {import("../ground/state.js").Chat[]} chats */
function groups(chats) {
  /** @type {Map<string, HTMLElement[]>} */
  const groups = new Map();
  for (const chat of chats) {
    const key = chat.pinned ? "days-pinned" : group(chat.updated_at);
    const rows = groups.get(key) ?? [];
    groups.set(key, [...rows, row(chat)]);
  }
  return [...groups].map(([key, rows]) => h("section", null, h("h2", null, t(key)), h("ul", null, rows)));
}

/** @param {import("../ground/state.js").Chat} chat */
function row(chat) {
  const title = chat.title ?? t("untitled");
  const more = h("button", { class: "quiet", type: "button", "aria-label": t("more-about", { title }), "aria-haspopup": "menu" }, icon("more"));
  more.addEventListener("click", () => chatMenu(more, chat));
  return h("li", null, h("a", { href: `/chat/${chat.id}`, title }, title), more);
}

/** @param {HTMLElement} list */
function mark(list) {
  for (const link of list.querySelectorAll("a")) {
    if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/** @param {HTMLElement} button */
function accountMenu(button) {
  const isKnown = app.now.who?.via === "session";
  menu(
    button,
    [
      { label: t("settings"), icon: "gear", act: () => go("/settings") },
      { label: t("deleted-chats"), icon: "bin", act: () => openDeleted() },
      null,
      isKnown ? { label: t("sign-out"), icon: "out", act: () => leaveHouse(true) } : { label: t("sign-in"), icon: "person", act: () => go("/sign-in") },
    ],
    t("account"),
  );
}
