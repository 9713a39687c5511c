// The people of the house: added, changed, kept out, taken out and erased.
import { ask, send, told } from "../ground/api.js";
import { dialog, menu, prompt } from "../ground/dialog.js";
import { fill, h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { notice } from "../ground/notice.js";
import { app, may } from "../ground/state.js";
import { t } from "../ground/words.js";
import { copied } from "../prose/code.js";
import { NAME_MAX } from "./name.js";

/**
 * @typedef {{
 *   id: string, name: string, display_name: string, role: string, disabled: boolean, has_password: boolean,
 *   created_at: string, may_change: boolean,
 * }} Person
 */
/** @typedef {{ link: string, link_works: "on_this_machine" | "on_others" }} Invitation */

/** How the server is started so that others reach it. */
const REACHABLE = "freehold serve --bind 0.0.0.0 --tls-certificate chain.pem --tls-key key.pem";

export function people() {
  const list = h("ul", { class: "rows" });
  const made = h("div", { role: "status" });
  const invited = (/** @type {Pick<Person, "name" | "display_name">} */ person, /** @type {Invitation} */ to) => {
    fill(made, invitation(person, to));
    made.scrollIntoView({ block: "nearest" });
  };
  const load = async () => {
    try {
      /** @type {Person[]} */
      const all = (await ask("GET", "/api/people")).data;
      const acts = { load, invited };
      fill(list, all.map((person) => row(person, acts)));
    } catch (error) {
      fill(list, h("li", { class: "faint" }, told(error)));
    }
  };
  const shown = h("input", { id: "person-shown", required: true, maxlength: NAME_MAX, placeholder: t("person-shown-hint"), autocomplete: "off", spellcheck: "false" });
  const name = h("input", { id: "person-name", required: true, maxlength: NAME_MAX, placeholder: t("person-name-hint"), autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
  // As long as nobody chose another one, the name to sign in with follows the name that others see.
  let isChosen = false;
  shown.addEventListener("input", () => !isChosen && (name.value = signInName(shown.value)));
  name.addEventListener("input", () => (isChosen = name.value !== ""));
  const roles = app.now.who?.may.give_roles ?? [];
  const role = h("select", { id: "person-role" }, roles.map((one) => h("option", { value: one, selected: one === "member" }, t(`role-${one}`))));
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      const person = await ask("POST", "/api/people", { name: name.value, display_name: shown.value, role: role.value });
      invited(person, person);
      name.value = shown.value = "";
      isChosen = false;
      load();
    } catch (error) {
      notice(told(error));
    }
  };
  load();
  const form = h(
    "form",
    { class: "person-form", onsubmit: submit },
    h("div", null, h("label", { for: "person-shown" }, t("person-shown")), shown),
    h("div", null, h("label", { for: "person-name" }, t("person-name")), name),
    h("div", null, h("label", { for: "person-role" }, t("person-role")), role),
    h("button", { class: "plain" }, t("person-add")),
  );
  return [h("p", { class: "faint" }, t("people-about")), list, form, made];
}

/** A name to sign in with, of one in any letters. @param {string} name */
export function signInName(name) {
  const plain = name.trim().toLowerCase().replaceAll("ä", "ae").replaceAll("ö", "oe").replaceAll("ü", "ue").replaceAll("ß", "ss");
  const bare = plain.normalize("NFD").replace(/\p{M}/gu, "").normalize("NFC");
  return bare.replace(/[\s’'-]+/gu, ".").replace(/[^\p{L}\p{N}.]/gu, "").replace(/^\.+|\.+$/g, "").slice(0, NAME_MAX);
}

/**
 * The link by which somebody enters, and whom it reaches.
 * @param {Pick<Person, "name" | "display_name">} person
 * @param {Invitation} to
 */
function invitation(person, to) {
  const isAlone = to.link_works === "on_this_machine";
  // A server that others reach may be looked at by a name that only this machine knows.
  const isNear = !isAlone && /^(localhost|.*\.localhost|127\..*|\[::1\])$/.test(location.hostname);
  return h(
    "div",
    { class: "invitation" },
    copyable(location.origin + to.link, t("person-link", { name: person.display_name })),
    h("p", { class: "faint" }, t("person-signs-in", { name: person.name })),
    isAlone && h("div", { class: "remark" }, icon("warn"), h("div", null, h("p", null, h("b", null, t("link-here")), " ", t("link-here-about")), copyable(REACHABLE, t("link-here-how")), h("p", { class: "faint" }, t("link-here-then")))),
    isNear && h("div", { class: "remark" }, icon("warn"), h("p", null, h("b", null, t("link-here")), " ", t("link-near"))),
  );
}

/**
 * @param {string} text
 * @param {string} says
 */
function copyable(text, says) {
  const copy = h("button", { class: "quiet", type: "button", "aria-label": t("copy"), title: t("copy"), onclick: () => copied(copy, text) }, icon("copy"));
  return h("div", { class: "command" }, h("p", null, says), h("pre", { tabindex: "0" }, text), copy);
}

/** @typedef {{ load: () => void, invited: (person: Person, to: Invitation) => void }} Acts */

/**
 * @param {Person} person
 * @param {Acts} acts
 */
function row(person, acts) {
  const about = [person.display_name !== person.name && t("person-signs-in-as", { name: person.name }), t(`role-${person.role}`), person.disabled && t("person-out"), !person.has_password && t("person-no-password")].filter(Boolean);
  const more = h("button", { class: "quiet", type: "button", "aria-label": t("more-about", { title: person.display_name }), "aria-haspopup": "menu" }, icon("more"));
  more.addEventListener("click", () => personMenu(more, person, acts));
  // Whoever shows nothing has no role or door of their own.
  const isSomebody = person.id !== "anonymous";
  const name = isSomebody ? person.display_name : t("person-anonymous");
  return h("li", null, h("span", null, name, h("small", null, isSomebody ? about.join(" · ") : t("person-anonymous-about"))), choices(person, acts).length > 0 && more);
}

/**
 * @param {HTMLElement} button
 * @param {Person} person
 * @param {Acts} acts
 */
function personMenu(button, person, acts) {
  menu(button, choices(person, acts), person.display_name);
}

/**
 * What may be done with somebody, and nothing else.
 * @param {Person} person
 * @param {Acts} acts
 * @returns {(import("../ground/dialog.js").Choice | null)[]}
 */
function choices(person, acts) {
  const path = `/api/people/${encodeURIComponent(person.id)}`;
  const change = (/** @type {object} */ body, /** @type {object} */ back) => async () => {
    try {
      await ask("PATCH", path, body);
      acts.load();
      const undo = async () => (await ask("PATCH", path, back).catch((error) => notice(told(error))), acts.load());
      notice(t("person-changed", { name: person.display_name }), { label: t("undo"), act: undo });
    } catch (error) {
      notice(told(error));
    }
  };
  const link = async () => {
    try {
      acts.invited(person, await ask("POST", `${path}/link`));
    } catch (error) {
      notice(told(error));
    }
  };
  const isSomebody = person.id !== "anonymous";
  const isSelf = person.id === app.now.who?.user;
  const given = app.now.who?.may.give_roles ?? [];
  const roles = given.filter((role) => role !== person.role).map((role) => ({ label: t("person-make", { role: t(`role-${role}`) }), icon: "person", act: change({ role }, { role: person.role }) }));
  const rename = () => called(person, (display_name) => change({ display_name }, { display_name: person.display_name })());
  /** @type {(import("../ground/dialog.js").Choice | null | false)[]} */
  const all = [
    ...(isSomebody && person.may_change ? [...roles, null, { label: t("person-rename"), icon: "pen", act: rename }, { label: t("person-new-link"), icon: "send", act: link }] : []),
    (isSelf ? may("manage_account") : may("operate")) && { label: t("person-export"), icon: "download", act: () => takeOut(person) },
    isSomebody && person.may_change && { label: person.disabled ? t("person-let-in") : t("person-keep-out"), icon: "out", act: change({ disabled: !person.disabled }, { disabled: person.disabled }) },
    person.may_change && null,
    person.may_change && { label: t("person-erase"), icon: "bin", isDanger: true, act: () => erase(person, acts.load) },
  ];
  return all.filter((item) => item !== false);
}

/**
 * What others see somebody called.
 * @param {Person} person
 * @param {(name: string) => void} done
 */
function called(person, done) {
  prompt(t("person-rename-title", { name: person.name }), person.display_name, done);
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
    notice(told(error));
  }
}

/**
 * What is erased does not come back: the name is typed.
 * @param {Person} person
 * @param {() => void} done
 */
function erase(person, done) {
  dialog({ title: t("erase-title", { name: person.display_name }), kind: "small" }, (close) => {
    const name = h("input", { id: "erase-name", required: true, autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
    const wrong = h("div", { class: "wrong", role: "alert" });
    const submit = async (/** @type {Event} */ event) => {
      event.preventDefault();
      if (name.value.trim().toLowerCase() !== person.name) return fill(wrong, t("erase-other", { name: person.name }));
      try {
        await ask("DELETE", `/api/people/${encodeURIComponent(person.id)}`, { name: name.value });
        close();
        notice(t("erased", { name: person.display_name }));
        if (person.id === app.now.who?.user) location.assign("/");
        done();
      } catch (error) {
        fill(wrong, told(error));
      }
    };
    return [
      h("p", null, t("erase-about")),
      h("form", { onsubmit: submit }, h("label", { for: "erase-name" }, t("erase-type", { name: person.name })), name, wrong, h("footer", { class: "dialog-foot" }, h("button", { class: "plain", type: "button", onclick: close }, t("cancel")), h("button", { class: "main is-danger" }, t("person-erase")))),
    ];
  });
}
