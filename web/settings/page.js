// Settings: how it looks, which language it speaks, the account and its keys.
import { h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { app, may, taste } from "../ground/state.js";
import { choose, theme } from "../ground/theme.js";
import { language, LANGUAGES, t } from "../ground/words.js";
import { leaveHouse } from "../door/sign-in.js";
import { railButton } from "../shell/frame.js";
import { keys } from "./keys.js";
import { chosenName } from "./name.js";
import { chosenPassword } from "./password.js";
import { people, takeOut } from "./people.js";
import { rules } from "./rules.js";
import { titles } from "./titles.js";
import { upstreams } from "./upstreams.js";
import { webhooks } from "./webhooks.js";

/** @returns {import("../main.js").Page} */
export function settingsPage() {
  const isKnown = app.now.who?.via === "session";
  const element = h(
    "div",
    { class: "page" },
    h("header", { class: "page-head" }, railButton(), h("h1", null, t("settings"))),
    h(
      "div",
      { class: "page-body", tabindex: "0", role: "group", "aria-label": t("settings") },
      part("looks", looks()),
      part("language", languages()),
      part("account", isKnown ? account() : [h("p", null, t("account-none")), h("p", null, h("a", { href: "/sign-in" }, t("sign-in")))]),
      isKnown && part("keys", may("manage_keys") ? keys() : [h("p", { class: "faint" }, t("keys-others"))]),
      isKnown && !!app.now.who?.may.give_roles.length && part("people", people()),
      isKnown && may("operate") && part("upstreams", upstreams()),
      isKnown && may("operate") && part("webhooks", webhooks()),
      isKnown && part("titles", titles()),
      part("rules", rules()),
      (!isKnown || may("manage_keys")) && part("programs", [h("p", { class: "faint" }, t("programs-about")), h("pre", { class: "snippet", tabindex: "0" }, `OPENAI_BASE_URL=${location.origin}/v1\nOPENAI_API_KEY=${isKnown ? "fh-…" : "any"}`)]),
    ),
  );
  dispatchEvent(new CustomEvent("freehold:shown"));
  return { element, title: t("settings"), name: "settings" };
}

/**
 * @param {string} key
 * @param {(Node | null | false)[]} content
 */
function part(key, content) {
  return h("section", { "aria-labelledby": `part-${key}` }, h("h2", { id: `part-${key}` }, t(key)), h("div", null, content));
}

function looks() {
  const options = /** @type {const} */ (["system", "light", "dark"]).map((name) =>
    h("label", null, h("input", { type: "radio", name: "theme", checked: theme() === name, onchange: () => choose(name) }), h("span", null, t(`theme-${name}`))),
  );
  return [h("div", { class: "segments", role: "radiogroup", "aria-label": t("looks") }, options)];
}

function languages() {
  const speak = (/** @type {string} */ tag) => () => {
    taste.set("language", tag);
    location.reload();
  };
  const options = Object.entries(LANGUAGES).map(([tag, name]) =>
    h("label", null, h("input", { type: "radio", name: "language", checked: language() === tag, onchange: speak(tag) }), h("span", { lang: tag }, name)),
  );
  return [h("div", { class: "segments", role: "radiogroup", "aria-label": t("language") }, options)];
}

function account() {
  const who = app.now.who;
  return [
    h("p", null, t("account-is", { name: who?.display_name ?? "", role: t(`role-${who?.role ?? "member"}`) })),
    may("manage_account") && chosenName(),
    may("manage_account") && chosenPassword(),
    h(
      "div",
      { class: "row" },
      h("button", { class: "plain", type: "button", onclick: () => leaveHouse(true) }, icon("out"), t("sign-out")),
      who && may("manage_account") && h("button", { class: "plain", type: "button", onclick: () => takeOut({ id: who.user, name: who.name }) }, icon("download"), t("export-mine")),
    ),
  ];
}
