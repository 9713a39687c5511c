// Chats that were deleted: for a day they can be taken back, or deleted for good.
import { ask, told } from "../ground/api.js";
import { dialog } from "../ground/dialog.js";
import { fill, h } from "../ground/dom.js";
import { notice } from "../ground/notice.js";
import { go } from "../ground/route.js";
import { until } from "../ground/when.js";
import { t } from "../ground/words.js";
import { loadChats, tell } from "./history.js";

/** @typedef {import("../ground/state.js").Chat} Chat */

/** How long deleted chats are kept, as the server has it. */
const KEPT_MS = 24 * 60 * 60 * 1000;

export function openDeleted() {
  dialog({ title: t("deleted-chats"), kind: "sheet" }, (close) => {
    const list = h("ul", { class: "rows" }, h("li", { class: "faint" }, t("loading")));
    const load = async () => {
      try {
        /** @type {Chat[]} */
        const chats = (await ask("GET", "/api/chats?deleted=true&limit=100")).data;
        fill(list, chats.length ? chats.map((chat) => row(chat, load, close)) : h("li", { class: "faint" }, t("deleted-none")));
      } catch (error) {
        fill(list, h("li", { class: "faint" }, told(error)));
      }
    };
    load();
    return [h("p", { class: "faint" }, t("deleted-about")), h("div", { class: "deleted" }, list)];
  });
}

/**
 * @param {Chat} chat
 * @param {() => void} load
 * @param {() => void} close
 */
function row(chat, load, close) {
  const title = chat.title ?? t("untitled");
  const ends = new Date(new Date(chat.deleted_at ?? 0).getTime() + KEPT_MS);
  const act = (/** @type {() => Promise<void>} */ work) => async () => {
    try {
      await work();
    } catch (error) {
      notice(told(error));
      load();
    }
  };
  const back = act(async () => {
    await ask("POST", `/api/chats/${chat.id}/restore`, {});
    tell(chat.id);
    await loadChats();
    close();
    go(`/chat/${chat.id}`);
  });
  const destroy = act(async () => {
    await ask("DELETE", `/api/chats/${chat.id}?for_good=true`);
    load();
  });
  const sure = h("button", { class: "plain danger", type: "button", "aria-label": t("delete-it-for-good", { title }), onclick: () => sure.replaceWith(confirm()) }, t("delete-for-good"));
  const confirm = () => {
    const yes = h("button", { class: "main is-danger", type: "button", onclick: destroy }, t("delete-really"));
    queueMicrotask(() => yes.focus());
    return yes;
  };
  return h(
    "li",
    null,
    h("span", null, title, h("small", null, t("deleted-ends", { time: until(ends) }))),
    h("button", { class: "plain", type: "button", "aria-label": t("take-it-back", { title }), onclick: back }, t("take-back")),
    sure,
  );
}
