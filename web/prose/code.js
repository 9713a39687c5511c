// Blocks of code: a name, a way to copy them, and colours once they are whole.
import { h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { t } from "../ground/words.js";

const GRAMMARS = /** @type {Record<string, string>} */ ({
  bash: "bash", sh: "bash", shell: "bash", zsh: "bash", console: "bash",
  c: "c", h: "c", cpp: "cpp", "c++": "cpp", cc: "cpp", hpp: "cpp", csharp: "csharp", cs: "csharp", "c#": "csharp",
  css: "css", diff: "diff", patch: "diff", go: "go", java: "java", javascript: "javascript", js: "javascript", jsx: "javascript", mjs: "javascript",
  json: "json", jsonc: "json", kotlin: "kotlin", kt: "kotlin", lua: "lua", markdown: "markdown", md: "markdown", php: "php",
  python: "python", py: "python", ruby: "ruby", rb: "ruby", rust: "rust", rs: "rust", sql: "sql", swift: "swift",
  typescript: "typescript", ts: "typescript", tsx: "typescript", xml: "xml", html: "xml", svg: "xml", yaml: "yaml", yml: "yaml", ini: "ini", toml: "ini",
});

/** Code that is longer is shown without colours. */
const COLOURED_MAX = 100_000;

/** @type {any} */
let painter = null;
/** @type {Set<string>} */
const learned = new Set();

/**
 * @param {string} text
 * @param {string} info
 * @param {boolean} isWhole
 */
export function codeBlock(text, info, isWhole) {
  const lang = (info.trim().split(/[\s{,]/)[0] ?? "").toLowerCase();
  const words = document.createTextNode(text);
  const code = h("code", null, words);
  const label = h("span", null, lang);
  const copy = h("button", { class: "quiet", type: "button", "aria-label": t("copy-code"), title: t("copy-code") }, icon("copy"));
  copy.addEventListener("click", () => copied(copy, code.textContent ?? ""));
  const element = h("figure", { class: "code" }, h("figcaption", null, label, copy), h("pre", { tabindex: "0" }, code));
  if (isWhole) soon(() => colour(code, lang));
  return {
    element,
    /** @param {string} more */
    set(more) {
      if (more.startsWith(words.data)) words.appendData(more.slice(words.data.length));
      else words.data = more;
    },
  };
}

/**
 * @param {HTMLElement} button
 * @param {string} text
 */
export async function copied(button, text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = h("textarea", { value: text, class: "out-of-sight" });
    (button.closest("dialog") ?? document.body).append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  const old = [...button.childNodes];
  button.replaceChildren(icon("done"));
  button.classList.add("is-done");
  setTimeout(() => {
    button.replaceChildren(...old);
    button.classList.remove("is-done");
  }, 1500);
}

/** @param {() => void} work */
function soon(work) {
  if ("requestIdleCallback" in globalThis) requestIdleCallback(work, { timeout: 500 });
  else setTimeout(work, 30);
}

/**
 * @param {HTMLElement} code
 * @param {string} lang
 */
async function colour(code, lang) {
  const name = GRAMMARS[lang];
  const text = code.textContent ?? "";
  if (!name || text.length > COLOURED_MAX) return;
  try {
    painter ??= (await import("../vendor/highlight.js-11.12.0/core.min.js")).default;
    if (!learned.has(name)) {
      painter.registerLanguage(name, (await import(`../vendor/highlight.js-11.12.0/languages/${name}.min.js`)).default);
      learned.add(name);
    }
    const tree = painter.highlight(text, { language: name, ignoreIllegals: true })._emitter.rootNode;
    code.replaceChildren(...tree.children.map(painted));
  } catch {
    // It stays black on white.
  }
}

/**
 * @param {any} node
 * @returns {Node}
 */
function painted(node) {
  if (typeof node === "string") return document.createTextNode(node);
  const scope = String(node.scope ?? "").split(".");
  return h("span", { class: scope[0] ? `hl-${scope[0]}` : undefined }, node.children.map(painted));
}
