// Begins: the words, who is here, and the page of the address.
import { chatPage } from "./chat/page.js";
import { loadChats } from "./chat/history.js";
import { leaveHouse, signIn } from "./door/sign-in.js";
import { ask, Refusal, whenStranger } from "./ground/api.js";
import { h } from "./ground/dom.js";
import { noticePlace } from "./ground/notice.js";
import { go, routes } from "./ground/route.js";
import { app, taste } from "./ground/state.js";
import { appear } from "./ground/theme.js";
import { learnWords, t } from "./ground/words.js";
import { frame } from "./shell/frame.js";
import { listenForKeys } from "./shell/palette.js";

/** @typedef {{ element: HTMLElement, title: string, name: string, leave?: () => void }} Page */

const root = /** @type {HTMLElement} */ (document.getElementById("app"));
/** @type {Page | null} */
let shown = null;

/** @param {Page} page */
function put(page) {
  shown?.leave?.();
  shown = page;
  document.title = page.title ? `${page.title} · Freehold` : "Freehold";
}

/** @param {string} path */
async function show(path) {
  const who = app.now.who;
  if (path === "/sign-in" || !who) {
    const page = signIn(path === "/sign-in" ? "/" : path, entered);
    put(page);
    root.replaceChildren(page.element);
    return;
  }
  const page = await pageOf(path);
  if (page.name === "chat" && shown?.name === "chat" && shown === page) return;
  put(page);
  if (page.name === "welcome") root.replaceChildren(page.element);
  else frame(root, page);
}

/** @param {string} path @returns {Promise<Page>} */
async function pageOf(path) {
  if (path === "/code") return (await import("./code/page.js")).codePage();
  if (path === "/models") return (await import("./models/page.js")).modelsPage();
  if (path === "/video") return (await import("./video/page.js")).videoPage();
  if (path === "/training") return (await import("./training/page.js")).trainingPage();
  if (path === "/activity") return (await import("./activity/page.js")).activityPage();
  if (path === "/settings") return (await import("./settings/page.js")).settingsPage();
  if (path === "/welcome") return (await import("./door/welcome.js")).welcomePage();
  const id = /^\/chat\/([^/]+)$/.exec(path)?.[1] ?? null;
  return chatPage(id);
}

/** Somebody has come in: all that is theirs is loaded. @param {string} path */
async function entered(path) {
  await Promise.all([loadModels(), loadChats()]);
  const isFirst = app.now.chats.length === 0 && taste.get("welcomed") === null;
  go(isFirst && path === "/" ? "/welcome" : path, { replace: true });
}

export async function loadModels() {
  try {
    app.set({ models: (await ask("GET", "/api/models")).data });
  } catch {
    app.set({ models: app.now.models ?? [] });
  }
}

async function begin() {
  appear();
  await learnWords();
  document.body.append(h("a", { class: "skip", href: "#main", onclick: skip }, t("skip")), noticePlace());
  document.body.prepend(/** @type {Node} */ (document.querySelector(".skip")));
  whenStranger(() => leaveHouse());
  listenForKeys();
  try {
    app.set({ who: await ask("GET", "/api/session") });
    await Promise.all([loadModels(), loadChats()]);
    const isFirst = app.now.chats.length === 0 && taste.get("welcomed") === null;
    if (isFirst && location.pathname === "/") history.replaceState(null, "", "/welcome");
  } catch (error) {
    if (error instanceof Refusal && error.status === 0) return alone();
  }
  routes(show);
  keepShell();
}

/** @param {Event} event */
function skip(event) {
  event.preventDefault();
  const main = document.getElementById("main");
  main?.focus();
}

/** There is no server. */
function alone() {
  const again = h("button", { class: "main", type: "button", onclick: () => location.reload() }, t("try-again"));
  root.replaceChildren(h("main", { class: "alone", id: "main", tabindex: "-1" }, h("h1", null, t("offline")), h("p", null, t("offline-hint")), again));
}

/** Lets the app be installed, and open without its server. */
function keepShell() {
  if (!("serviceWorker" in navigator) || new URL(import.meta.url).pathname.startsWith("/app/dev/")) return;
  const types = /** @type {any} */ (globalThis).trustedTypes;
  const rules = { createScriptURL: (/** @type {string} */ url) => (url === "/sw.js" ? url : "about:blank") };
  const url = types ? types.createPolicy("freehold", rules).createScriptURL("/sw.js") : "/sw.js";
  navigator.serviceWorker.register(url).catch(() => {});
}

begin();
