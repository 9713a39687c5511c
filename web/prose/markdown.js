// Markdown that grows while it is written. Blocks that are whole stay as they are; only the last one is made anew.
// The text becomes elements by hand, never HTML, so that nothing a model writes can be more than text.
import { Marked } from "../vendor/marked-18.2.1/marked.esm.js";
import { h } from "../ground/dom.js";
import { codeBlock } from "./code.js";
import { inline } from "./inline.js";
import { mathBlock, mathTokens } from "./maths.js";

/** @typedef {any} Token */

const marked = new Marked({ gfm: true, breaks: false });
marked.use({ extensions: mathTokens });

/** Elements that hold blocks are no deeper than this. */
const DEPTH_MAX = 24;

export class Prose {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    /** How much of the text stands in blocks that stay. */
    this.settled = 0;
    this.text = "";
    /** @type {Node[]} */
    this.open = [];
    /** @type {{ lang: string, set: (text: string) => void } | null} */
    this.code = null;
  }

  /**
   * Shows a text that begins as the one before did.
   * @param {string} text
   * @param {boolean} isWhole
   */
  set(text, isWhole) {
    text = text.replaceAll("\r\n", "\n").replaceAll("\r", "\n");
    if (text === this.text && !isWhole) return;
    if (!text.startsWith(this.text)) this.clear();
    this.text = text;
    /** @type {Token[]} */
    const tokens = marked.lexer(text.slice(this.settled));
    let last = tokens.length;
    while (last > 0 && tokens[last - 1].type === "space") last -= 1;
    const stays = isWhole ? tokens.length : Math.max(0, last - 1);
    const isSameCode = this.code !== null && stays === 0 && tokens[0]?.type === "code" && !isWhole;
    if (isSameCode && this.code?.lang === (tokens[0].lang ?? "")) {
      this.code?.set(tokens[0].text);
      return;
    }
    for (const node of this.open) node.parentNode?.removeChild(node);
    this.open = [];
    this.code = null;
    for (const token of tokens.slice(0, stays)) {
      this.settled += token.raw.length;
      const node = block(token, 0, true);
      if (node) this.element.append(node);
    }
    for (const token of tokens.slice(stays)) {
      if (token.type === "code") {
        const made = codeBlock(token.text, token.lang ?? "", false);
        this.code = { lang: token.lang ?? "", set: made.set };
        this.open.push(made.element);
      } else {
        const node = block(token, 0, false);
        if (node) this.open.push(node);
      }
    }
    this.element.append(...this.open);
  }

  clear() {
    this.element.replaceChildren();
    this.settled = 0;
    this.open = [];
    this.code = null;
  }
}

/**
 * @param {Token} token
 * @param {number} depth
 * @param {boolean} isWhole
 * @returns {Node | null}
 */
function block(token, depth, isWhole) {
  if (depth > DEPTH_MAX) return h("p", null, token.raw);
  const inner = (/** @type {Token[]} */ tokens) => tokens.map((token) => block(token, depth + 1, isWhole)).filter((node) => node !== null);
  switch (token.type) {
    case "heading":
      // The page has headings of its own above these.
      return h(/** @type {"h3"} */ (`h${Math.min(6, token.depth + 2)}`), { class: `h${token.depth}` }, inline(token.tokens, depth));
    case "paragraph":
      return h("p", null, inline(token.tokens, depth));
    case "text":
      return token.tokens ? h("span", { class: "tight" }, inline(token.tokens, depth)) : document.createTextNode(token.text);
    case "code":
      return codeBlock(token.text, token.lang ?? "", isWhole).element;
    case "blockquote":
      return h("blockquote", null, inner(token.tokens));
    case "hr":
      return h("hr");
    case "list":
      return list(token, depth, isWhole);
    case "table":
      return table(token, depth);
    case "math":
      return mathBlock(token.text);
    case "html":
      return h("p", null, inline([token], depth));
    case "space":
    case "def":
      return null;
    default:
      return h("p", null, token.raw);
  }
}

/**
 * @param {Token} token
 * @param {number} depth
 * @param {boolean} isWhole
 */
function list(token, depth, isWhole) {
  const items = token.items.map((/** @type {Token} */ item) => {
    const box = item.task && h("input", { type: "checkbox", disabled: true, checked: item.checked, "aria-label": item.checked ? "☑" : "☐" });
    const tokens = item.tokens.filter((/** @type {Token} */ token) => token.type !== "checkbox");
    const blocks = tokens.map((/** @type {Token} */ token) => block(token, depth + 1, isWhole));
    return h("li", { class: item.task ? "task" : undefined }, box, blocks);
  });
  if (token.ordered) return h("ol", { start: token.start === 1 ? undefined : token.start }, items);
  return h("ul", null, items);
}

/**
 * @param {Token} token
 * @param {number} depth
 */
function table(token, depth) {
  const cell = (/** @type {"td" | "th"} */ tag) => (/** @type {Token} */ cell, /** @type {number} */ at) =>
    h(tag, { class: token.align[at] ? `to-${token.align[at]}` : undefined, scope: tag === "th" ? "col" : undefined }, inline(cell.tokens, depth));
  const head = h("thead", null, h("tr", null, token.header.map(cell("th"))));
  const rows = token.rows.map((/** @type {Token[]} */ row) => h("tr", null, row.map(cell("td"))));
  return h("div", { class: "table", tabindex: "0", role: "group" }, h("table", null, head, h("tbody", null, rows)));
}
