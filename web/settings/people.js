// The people of the house: added, changed, kept out, taken out and erased.
import { ask, inWords, send } from "../ground/api.js";
import { dialog, menu } from "../ground/dialog.js";
import { fill, h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { notice } from "../ground/notice.js";
import { app } from "../ground/state.js";
import { t } from "../ground/words.js";
import { copied } from "../prose/code.js";

/** @typedef {{ id: string, name: string, role: string, disabled: boolean, has_password: boolean, created_at: string }} Person */

const ROLES = ["guest", "member", "admin", "owner"];

export function people() {
  const list = h("ul", { class: "rows" });
  const made = h("div", { role: "status" });
  const load = async () => {
    try {
      /** @type {Person[]} */
      const all = (await ask("GET", "/api/people")).data;
      const acts = { load, invited: (/** @type {string} */ name, /** @type {string} */ link) => fill(made, invitation(name, link)) };
      fill(list, all.map((person) => row(person, acts)));
    } catch (error) {
      fill(list, h("li", { class: "faint" }, inWords(error)));
    }
  };
  const name = h("input", { id: "person-name", required: true, maxlength: 64, placeholder: t("person-name-hint"), autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
  const role = h("select", { id: "person-role" }, ROLES.map((one) => h("option", { value: one, selected: one === "member" }, t(`role-${one}`))));
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      const person = await ask("POST", "/api/people", { name: name.value, role: role.value });
      fill(made, invitation(person.name, person.link));
      name.value = "";
      load();
    } catch (error) {
      notice(inWords(error));
    }
  };
  load();
  const form = h(
    "form",
    { class: "row", onsubmit: submit },
    h("label", { for: "person-name", class: "hidden" }, t("person-name")),
    name,
    h("label", { for: "person-role", class: "hidden" }, t("person-role")),
    role,
    h("button", { class: "plain" }, t("person-add")),
  );
  return [h("p", { class: "faint" }, t("people-about")), list, form, made];
}

/**
 * @param {string} name
 * @param {string} path
 */
function invitation(name, path) {
  const link = location.origin + path;
  const copy = h("button", { class: "quiet", type: "button", "aria-label": t("copy"), onclick: () => copied(copy, link) }, icon("copy"));
  return h("div", { class: "command" }, h("p", null, t("person-link", { name })), h("pre", { tabindex: "0" }, link), copy);
}

/** @typedef {{ load: () => void, invited: (name: string, link: string) => void }} Acts */

/**
 * @param {Person} person
 * @param {Acts} acts
 */
function row(person, acts) {
  const about = [t(`role-${person.role}`), person.disabled && t("person-out"), !person.has_password && t("person-no-password")].filter(Boolean);
  const more = h("button", { class: "quiet", type: "button", "aria-label": t("more-about", { title: person.name }), "aria-haspopup": "menu" }, icon("more"));
  more.addEventListener("click", () => personMenu(more, person, acts));
  // Whoever shows nothing has no role or door of their own.
  const isSomebody = person.id !== "anonymous";
  const name = isSomebody ? person.name : t("person-anonymous");
  return h("li", null, h("span", null, name, h("small", null, isSomebody ? about.join(" · ") : t("person-anonymous-about"))), more);
}

/**
 * @param {HTMLElement} button
 * @param {Person} person
 * @param {Acts} acts
 */
function personMenu(button, person, acts) {
  const path = `/api/people/${encodeURIComponent(person.id)}`;
  const change = (/** @type {object} */ body, /** @type {object} */ back) => async () => {
    try {
      await ask("PATCH", path, body);
      acts.load();
      const undo = async () => (await ask("PATCH", path, back).catch((error) => notice(inWords(error))), acts.load());
      notice(t("person-changed", { name: person.name }), { label: t("undo"), act: undo });
    } catch (error) {
      notice(inWords(error));
    }
  };
  const link = async () => {
    try {
      acts.invited(person.name, (await ask("POST", `${path}/link`)).link);
    } catch (error) {
      notice(inWords(error));
    }
  };
  const isSomebody = person.id !== "anonymous";
  const roles = ROLES.filter((role) => role !== person.role).map((role) => ({ label: t("person-make", { role: t(`role-${role}`) }), icon: "person", act: change({ role }, { role: person.role }) }));
  menu(
    button,
    [
      ...(isSomebody ? [...roles, null, { label: t("person-new-link"), icon: "send", act: link }] : []),
      { label: t("person-export"), icon: "download", act: () => takeOut(person) },
      isSomebody && { label: person.disabled ? t("person-let-in") : t("person-keep-out"), icon: "out", act: change({ disabled: !person.disabled }, { disabled: person.disabled }) },
      null,
      { label: t("person-erase"), icon: "bin", isDanger: true, act: () => erase(person, acts.load) },
    ].filter((item) => item !== false),
    person.name,
  );
}

/** Everything that somebody keeps, as a file. @param {{ id: string, name: string }} person */
export async function takeOut(person) {
  notice(t("export-running"));
  try {
    const reply = await send("POST", `/api/people/${encodeURIComponent(person.id)}/export`);
    const url = URL.createObjectURL(await reply.blob());
    h("a", { href: url, download: `freehold-${person.name}.tar` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    notice(t("export-done"));
  } catch (error) {
    notice(inWords(error));
  }
}

/**
 * What is erased does not come back: the name is typed.
 * @param {{ id: string, name: string }} person
 * @param {() => void} done
 */
function erase(person, done) {
  dialog({ title: t("erase-title", { name: person.name }), kind: "small" }, (close) => {
    const name = h("input", { id: "erase-name", required: true, autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
    const wrong = h("p", { class: "wrong", role: "alert" });
    const submit = async (/** @type {Event} */ event) => {
      event.preventDefault();
      try {
        await ask("DELETE", `/api/people/${encodeURIComponent(person.id)}`, { name: name.value });
        close();
        notice(t("erased", { name: person.name }));
        if (person.id === app.now.who?.user) location.assign("/");
        done();
      } catch (error) {
        fill(wrong, inWords(error));
      }
    };
    return [
      h("p", null, t("erase-about")),
      h("form", { onsubmit: submit }, h("label", { for: "erase-name" }, t("erase-type", { name: person.name })), name, wrong, h("footer", { class: "dialog-foot" }, h("button", { class: "plain", type: "button", onclick: close }, t("cancel")), h("button", { class: "main is-danger" }, t("person-erase")))),
    ];
  });
}
