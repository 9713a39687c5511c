// Words, and what is done to them.
import { h } from "../ground/dom.js";
import { mathInline } from "./maths.js";

/** @typedef {any} Token */

/** Tags that models write between words, and that do nothing but look. */
const TAGS = new Set(["sub", "sup", "kbd", "mark", "u", "s", "b", "i", "em", "strong", "small"]);

const DEPTH_MAX = 32;

/**
 * @param {Token[]} tokens
 * @param {number} depth
 * @returns {Node[]}
 */
export function inline(tokens, depth) {
  const root = document.createDocumentFragment();
  /** @type {(Element | DocumentFragment)[]} */
  const open = [root];
  for (const token of tokens) {
    const place = /** @type {Element | DocumentFragment} */ (open[open.length - 1]);
    if (token.type !== "html") {
      place.append(word(token, depth + 1));
      continue;
    }
    const [, end, tag] = /^<(\/?)([a-z]+)\s*\/?>$/i.exec(token.text.trim()) ?? [];
    const name = tag?.toLowerCase() ?? "";
    if (name === "br") place.append(h("br"));
    else if (TAGS.has(name) && !end && open.length < DEPTH_MAX) {
      const element = h(/** @type {"sub"} */ (name));
      place.append(element);
      open.push(element);
    } else if (TAGS.has(name) && end && place instanceof Element && place.localName === name) open.pop();
    else place.append(token.text);
  }
  return [...root.childNodes];
}

/**
 * @param {Token} token
 * @param {number} depth
 * @returns {Node}
 */
function word(token, depth) {
  const inner = () => (token.tokens && depth < DEPTH_MAX ? inline(token.tokens, depth) : [document.createTextNode(token.text ?? token.raw)]);
  switch (token.type) {
    case "strong":
      return h("strong", null, inner());
    case "em":
      return h("em", null, inner());
    case "del":
      return h("del", null, inner());
    case "codespan":
      return h("code", null, token.text);
    case "br":
      return h("br");
    case "link":
      return link(token.href, inner());
    case "image":
      return image(token);
    case "math":
    case "mathInline":
      return mathInline(token.text);
    case "text":
      return token.tokens && depth < DEPTH_MAX ? h("span", null, inner()) : document.createTextNode(token.text);
    case "escape":
      return document.createTextNode(token.text);
    default:
      return document.createTextNode(token.raw);
  }
}

/**
 * @param {string} href
 * @param {Node[]} inner
 */
function link(href, inner) {
  // What an answer names of the app itself is gone to by the app. Pages on which something is done at once are not among it.
  if (/^\/(activity|code|models|settings|training|video)([?#]|$)/.test(href)) return h("a", { href }, inner);
  const url = address(href);
  if (!url) return h("span", { title: href }, inner);
  return h("a", { href: url, rel: "noopener noreferrer nofollow", target: "_blank", title: href }, inner);
}

/** An address that may be followed by who clicks. @param {string} href */
export function address(href) {
  try {
    const url = new URL(href);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/**
 * Pictures that lie elsewhere are not fetched: whoever wrote their address would learn that they were seen.
 * @param {Token} token
 */
function image(token) {
  if (/^data:image\/(png|jpeg|gif|webp);base64,/.test(token.href)) return h("img", { src: token.href, alt: token.text });
  return link(token.href, [document.createTextNode(`🖼 ${token.text || token.href}`)]);
}
