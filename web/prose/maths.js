// Formulas. What draws them is loaded when there is one.
import { h } from "../ground/dom.js";

/** @typedef {{ type?: string, tagName?: string, attributes?: Record<string, string>, classes?: string[], style?: Record<string, string>, text?: string, children?: Drawn[], label?: string }} Drawn */

/** @type {Promise<any> | null} */
let loading = null;

function load() {
  loading ??= import("../vendor/temml-0.13.5/temml.mjs").then((module) => {
    const style = h("link", { rel: "stylesheet", href: new URL("../vendor/temml-0.13.5/Temml-Local.css", import.meta.url).href });
    document.head.append(style);
    return module.default;
  });
  return loading;
}

/** How formulas stand in Markdown, for the reader of it. @type {any[]} */
export const mathTokens = [
  {
    name: "math",
    level: "block",
    start: (/** @type {string} */ text) => text.match(/(^|\n)[ \t]*(\$\$|\\\[)/)?.index,
    tokenizer(/** @type {string} */ text) {
      const found = /^[ \t]*(?:\$\$([\s\S]+?)\$\$|\\\[([\s\S]+?)\\\])[ \t]*(?:\n|$)/.exec(text);
      return found ? { type: "math", raw: found[0], text: (found[1] ?? found[2] ?? "").trim() } : undefined;
    },
  },
  {
    name: "mathInline",
    level: "inline",
    start: (/** @type {string} */ text) => text.match(/\$|\\\(|\\\[/)?.index,
    tokenizer(/** @type {string} */ text) {
      const found =
        /^\$\$([^$]+?)\$\$/.exec(text) ??
        /^\$((?!\s)(?:\\.|[^$\\\n])+?(?<!\s))\$(?!\d)/.exec(text) ??
        /^\\\(([\s\S]+?)\\\)/.exec(text) ??
        /^\\\[([\s\S]+?)\\\]/.exec(text);
      return found ? { type: "mathInline", raw: found[0], text: (found[1] ?? "").trim() } : undefined;
    },
  },
];

/** @param {string} text */
export function mathBlock(text) {
  const place = h("div", { class: "formula", tabindex: "0", role: "group" }, h("code", null, text));
  draw(place, text, true);
  return place;
}

/** @param {string} text */
export function mathInline(text) {
  const place = h("span", { class: "formula-inline" }, h("code", null, text));
  draw(place, text, false);
  return place;
}

/**
 * @param {HTMLElement} place
 * @param {string} text
 * @param {boolean} isDisplayed
 */
async function draw(place, text, isDisplayed) {
  try {
    const temml = await load();
    const options = { displayMode: isDisplayed, throwOnError: true, trust: false, maxSize: [20, 20], maxExpand: 500, annotate: false };
    place.replaceChildren(element(temml.__renderToMathMLTree(text, options)));
  } catch {
    // It stays as it was written.
    place.classList.add("unread");
  }
}

/**
 * The elements of a formula. Styles are set one by one, as the page allows no others.
 * @param {Drawn} drawn
 * @returns {Node}
 */
function element(drawn) {
  if (!drawn.type && !drawn.attributes) {
    if (drawn.children) {
      const group = document.createDocumentFragment();
      group.append(...drawn.children.map(element));
      return group;
    }
    return document.createTextNode(drawn.text ?? "");
  }
  const node = document.createElementNS("http://www.w3.org/1998/Math/MathML", drawn.type ?? "mrow");
  for (const [name, value] of Object.entries(drawn.attributes ?? {})) {
    if (name === "style") node.style.cssText = value;
    else if (!/^(on|href|src|xlink)/i.test(name)) node.setAttribute(name, value);
  }
  if (drawn.classes?.length) node.setAttribute("class", drawn.classes.filter(Boolean).join(" "));
  for (const [name, value] of Object.entries(drawn.style ?? {})) {
    node.style.setProperty(name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), value);
  }
  node.append(...(drawn.children ?? []).map(element));
  return node;
}
