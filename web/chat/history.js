// The chats of somebody: listed, renamed, kept at the top, taken away and brought back.
import { ask, told } from "../ground/api.js";
import { menu, prompt } from "../ground/dialog.js";
import { notice } from "../ground/notice.js";
import { go } from "../ground/route.js";
import { app, taste } from "../ground/state.js";
import { t } from "../ground/words.js";
import { command } from "./commands.js";

/** @typedef {import("../ground/state.js").Chat} Chat */

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("freehold") : null;

/** Tells other tabs that a chat changed. @param {string} id */
export function tell(id) {
  channel?.postMessage({ chat: id });
}

/** Calls `work` when another tab changed a chat. @param {(id: string) => void} work */
export function whenTold(work) {
  const listen = (/** @type {MessageEvent} */ event) => work(event.data.chat);
  channel?.addEventListener("message", listen);
  return () => channel?.removeEventListener("message", listen);
}

whenTold(() => app.now.who && loadChats());

export async function loadChats() {
  try {
    const { data, has_more } = await ask("GET", "/api/chats?limit=50");
    app.set({ chats: data, hasMoreChats: has_more });
  } catch {
    // The rail says that there is no server.
  }
}

export async function loadMoreChats() {
  const last = app.now.chats.at(-1);
  if (!last) return;
  try {
    const { data, has_more } = await ask("GET", `/api/chats?limit=50&after=${last.id}`);
    app.set({ chats: [...app.now.chats, ...data], hasMoreChats: has_more });
  } catch (error) {
    notice(told(error));
  }
}

/** Puts a chat into the list as it is now. @param {Chat} chat */
export function refresh(chat) {
  const others = app.now.chats.filter((other) => other.id !== chat.id);
  const before = (/** @type {Chat} */ one, /** @type {Chat} */ other) =>
    Number(other.pinned) - Number(one.pinned) || other.updated_at.localeCompare(one.updated_at);
  app.set({ chats: [chat, ...others].sort(before) });
}

/**
 * @param {string} id
 * @param {Partial<Chat>} change
 */
export async function changeChat(id, change) {
  const chat = await ask("PATCH", `/api/chats/${id}`, change);
  refresh(chat);
  tell(id);
  dispatchEvent(new CustomEvent("freehold:changed", { detail: chat }));
  return chat;
}

/** @param {Chat} chat */
export function rename(chat) {
  prompt(t("rename"), chat.title ?? "", async (title) => {
    try {
      await changeChat(chat.id, { title });
    } catch (error) {
      notice(told(error));
    }
  });
}

/** @param {Chat} chat */
export async function remove(chat) {
  try {
    await ask("DELETE", `/api/chats/${chat.id}`);
  } catch (error) {
    return notice(told(error));
  }
  app.set({ chats: app.now.chats.filter((other) => other.id !== chat.id) });
  tell(chat.id);
  const wasOpen = location.pathname === `/chat/${chat.id}`;
  if (wasOpen) go("/");
  taste.forget(`draft.${chat.id}`);
  const back = async () => {
    try {
      refresh(await ask("POST", `/api/chats/${chat.id}/restore`, {}));
      tell(chat.id);
      if (wasOpen) go(`/chat/${chat.id}`);
    } catch (error) {
      notice(told(error));
    }
  };
  notice(t("chat-deleted", { title: chat.title ?? t("untitled") }), { label: t("undo"), act: back });
}

/**
 * @param {string} id
 * @param {"markdown" | "json"} format
 */
export function exportChat(id, format) {
  const link = document.createElement("a");
  link.href = `/api/chats/${id}/export?format=${format}`;
  link.download = "";
  link.click();
}

/**
 * @param {HTMLElement} button
 * @param {Chat} chat
 */
export function chatMenu(button, chat) {
  const isOpen = location.pathname === `/chat/${chat.id}`;
  menu(
    button,
    [
      { label: t("rename"), icon: "pen", act: () => rename(chat) },
      { label: chat.pinned ? t("unpin") : t("pin"), icon: "pin", act: () => void changeChat(chat.id, { pinned: !chat.pinned }) },
      ...(isOpen ? command.list().filter((entry) => entry.icon === "tree") : []),
      null,
      { label: t("export-markdown"), icon: "download", act: () => exportChat(chat.id, "markdown") },
      { label: t("export-json"), icon: "download", act: () => exportChat(chat.id, "json") },
      null,
      { label: t("delete"), icon: "bin", isDanger: true, act: () => void remove(chat) },
    ],
    t("more-about", { title: chat.title ?? t("untitled") }),
  );
}
