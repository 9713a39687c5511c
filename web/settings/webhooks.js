// Addresses that are told when something has ended: the owner names them.
import { ask, told } from "../ground/api.js";
import { fill, h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { notice } from "../ground/notice.js";
import { t } from "../ground/words.js";
import { copied } from "../prose/code.js";

/** @typedef {{ id: string, name: string, url: string, event_types: string[], signing_secret_hint: string, signing_secret?: string }} Endpoint */

const PATH = "/v1/webhook_endpoints";

/** What is told of, when nothing else is chosen. */
const USUAL = ["video.completed", "video.failed"];

export function webhooks() {
  const list = h("ul", { class: "rows" });
  const made = h("div", { role: "status" });
  const load = async () => {
    try {
      /** @type {Endpoint[]} */
      const all = (await ask("GET", `${PATH}?limit=100`)).data;
      fill(list, all.length ? all.map((endpoint) => row(endpoint, load)) : h("li", { class: "faint" }, t("no-webhooks")));
    } catch (error) {
      fill(list, h("li", { class: "faint" }, told(error)));
    }
  };
  load();
  return [h("p", { class: "faint" }, t("webhooks-about")), list, form(made, load), made];
}

/**
 * @param {HTMLElement} made
 * @param {() => void} load
 */
function form(made, load) {
  const name = h("input", { id: "webhook-name", required: true, maxlength: 100, placeholder: t("webhook-name-hint") });
  const url = h("input", { id: "webhook-url", type: "url", required: true, maxlength: 2048, placeholder: "https://" });
  const events = h("fieldset", { class: "rights" }, h("legend", null, t("webhook-events")));
  ask("GET", "/v1/webhook_event_types").then(
    (/** @type {{ data: string[] }} */ types) => events.append(...types.data.map((type) => h("label", { class: "choice" }, h("input", { type: "checkbox", name: type, checked: USUAL.includes(type) }), h("span", null, h("code", null, type))))),
    (error) => notice(told(error)),
  );
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const chosen = [...events.querySelectorAll("input")].filter((box) => box.checked).map((box) => box.name);
    try {
      /** @type {Endpoint} */
      const endpoint = await ask("POST", PATH, { name: name.value, url: url.value, event_types: chosen });
      const secret = endpoint.signing_secret ?? "";
      const copy = h("button", { class: "quiet", type: "button", "aria-label": t("copy"), onclick: () => copied(copy, secret) }, icon("copy"));
      fill(made, h("div", { class: "command" }, h("p", null, t("webhook-once")), h("pre", { tabindex: "0" }, secret), copy));
      made.scrollIntoView({ block: "center" });
      copy.focus({ preventScroll: true });
      /** @type {HTMLFormElement} */ (event.target).reset();
      load();
    } catch (error) {
      notice(told(error));
    }
  };
  return h(
    "form",
    { class: "key-form", onsubmit: submit },
    h("div", { class: "row" }, h("label", { for: "webhook-name", class: "hidden" }, t("webhook-name")), name, h("label", { for: "webhook-url", class: "hidden" }, t("webhook-url")), url, h("button", { class: "plain" }, t("webhook-add"))),
    h("details", null, h("summary", null, t("webhook-more")), events),
  );
}

/**
 * @param {Endpoint} endpoint
 * @param {() => void} load
 */
function row(endpoint, load) {
  const remove = async () => {
    try {
      await ask("DELETE", `${PATH}/${endpoint.id}`);
      notice(t("webhook-removed", { name: endpoint.name }));
      load();
    } catch (error) {
      notice(told(error));
    }
  };
  const tried = async () => {
    try {
      const reply = await ask("POST", `${PATH}/${endpoint.id}/test`, { event_type: endpoint.event_types[0] });
      notice(t("webhook-tried", { name: endpoint.name, status: String(reply.status_code) }));
    } catch (error) {
      notice(told(error));
    }
  };
  const about = [endpoint.url, endpoint.event_types.join(", "), endpoint.signing_secret_hint].join(" · ");
  return h(
    "li",
    null,
    h("span", null, endpoint.name, h("small", null, about)),
    h("button", { class: "plain", type: "button", "aria-label": t("webhook-try-it", { name: endpoint.name }), onclick: tried }, t("webhook-try")),
    h("button", { class: "plain", type: "button", "aria-label": t("webhook-remove-it", { name: endpoint.name }), onclick: remove }, t("webhook-remove")),
  );
}
