// Keys by which somebody's programs are known.
import { ask, inWords } from "../ground/api.js";
import { fill, h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { notice } from "../ground/notice.js";
import { moment } from "../ground/when.js";
import { t } from "../ground/words.js";
import { copied } from "../prose/code.js";

/** @typedef {{ id: string, name: string, shown: string, scopes: string[], created_at: string, expires_at: string | null, revoked_at: string | null, key?: string }} Key */

export function keys() {
  const list = h("ul", { class: "keys" });
  const made = h("div", { role: "status" });
  const name = h("input", { id: "key-name", required: true, maxlength: 100, placeholder: t("key-name-hint") });
  const load = async () => {
    try {
      /** @type {Key[]} */
      const all = (await ask("GET", "/api/keys")).data;
      const live = all.filter((key) => key.revoked_at === null);
      fill(list, live.length ? live.map((key) => row(key, load)) : h("li", { class: "faint" }, t("no-keys")));
    } catch (error) {
      fill(list, h("li", { class: "faint" }, inWords(error)));
    }
  };
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      const key = await ask("POST", "/api/keys", { name: name.value });
      const copy = h("button", { class: "quiet", type: "button", "aria-label": t("copy"), onclick: () => copied(copy, key.key) }, icon("copy"));
      fill(made, h("div", { class: "command" }, h("p", null, t("key-once")), h("pre", { tabindex: "0" }, key.key), copy));
      name.value = "";
      load();
    } catch (error) {
      notice(inWords(error));
    }
  };
  load();
  const form = h("form", { class: "row", onsubmit: submit }, h("label", { for: "key-name", class: "hidden" }, t("key-name")), name, h("button", { class: "plain" }, t("key-make")));
  return [h("p", { class: "faint" }, t("keys-about")), list, form, made];
}

/**
 * @param {Key} key
 * @param {() => void} load
 */
function row(key, load) {
  const revoke = async () => {
    try {
      await ask("DELETE", `/api/keys/${key.id}`);
      notice(t("key-revoked", { name: key.name }));
      load();
    } catch (error) {
      notice(inWords(error));
    }
  };
  return h("li", null, h("span", null, key.name, h("small", null, `${key.shown}… · ${key.scopes.join(", ")} · ${moment(key.created_at)}`)), h("button", { class: "plain", type: "button", onclick: revoke }, t("key-revoke")));
}
