// The door: a name and a password, or a link that works once.
import { ask, told } from "../ground/api.js";
import { fill, h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { go } from "../ground/route.js";
import { app, taste } from "../ground/state.js";
import { t } from "../ground/words.js";

/**
 * @param {string} next Where to go afterwards.
 * @param {(path: string) => Promise<void>} entered
 * @returns {import("../main.js").Page}
 */
export function signIn(next, entered) {
  const said = h("div", { class: "said-wrong", role: "alert" });
  const name = h("input", { id: "name", name: "name", autocomplete: "username", required: true, autocapitalize: "none", spellcheck: "false" });
  const password = h("input", { id: "password", name: "password", type: "password", autocomplete: "current-password", required: true });
  const button = h("button", { class: "main" }, t("sign-in"));
  /** @param {unknown} shown @param {boolean} [isLink] */
  const enter = async (shown, isLink = false) => {
    said.textContent = "";
    button.disabled = true;
    try {
      app.set({ who: await ask("POST", "/api/session", shown) });
      await entered(next);
    } catch (error) {
      fill(said, isLink ? t("door-link-used") : told(error));
      button.disabled = false;
      password.select();
    }
  };
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    enter({ name: name.value, password: password.value });
  };
  const form = h(
    "form",
    { onsubmit: submit, class: "door" },
    h("div", { class: "door-mark" }, icon("mark")),
    h("h1", null, t("door-title")),
    h("p", { class: "lead" }, t("door-lead")),
    h("label", { for: "name" }, t("name")),
    name,
    h("label", { for: "password" }, t("password")),
    password,
    said,
    button,
    h("p", { class: "faint" }, t("door-help"), " ", h("code", null, "freehold user link NAME")),
    app.now.who && h("a", { href: "/" }, t("door-back")),
  );
  const link = new URLSearchParams(location.search).get("token") || location.hash.slice(1);
  if (link) {
    // The token must not stay in the history.
    history.replaceState(null, "", location.pathname);
    enter({ link }, true);
  }
  setTimeout(() => name.focus());
  return { element: h("main", { class: "door-page", id: "main", tabindex: "-1" }, form), title: t("sign-in"), name: "door" };
}

/** Goes out, or was put out: nothing of what is private stays in this browser. */
export async function leaveHouse(isWished = false) {
  if (isWished) {
    taste.forget("draft.");
    await ask("DELETE", "/api/session").catch(() => {});
  }
  app.set({ who: null, chats: [], models: null });
  if (isWished) {
    // In an open house there is no need of a door.
    try {
      app.set({ who: await ask("GET", "/api/session") });
      location.assign("/");
      return;
    } catch {
      // The door it is.
    }
  }
  go(isWished ? "/sign-in" : location.pathname, { replace: true });
}
