// What the app says, in the language of who reads it.
import { FluentBundle, FluentResource } from "../vendor/fluent-bundle-0.19.1/index.js";
import { taste } from "./state.js";

export const LANGUAGES = /** @type {const} */ ({ en: "English", de: "Deutsch" });

/** @type {FluentBundle | undefined} */
let bundle;

/** The language that is spoken. */
export function language() {
  return bundle?.locales[0] ?? "en";
}

/** Chooses the language, and loads its words. */
export async function learnWords() {
  const chosen = taste.get("language");
  const wanted = chosen ? [chosen] : navigator.languages ?? ["en"];
  const known = wanted.map((tag) => tag.split("-")[0] ?? "").find((tag) => tag in LANGUAGES) ?? "en";
  const text = await (await fetch(new URL(`../text/${known}.ftl`, import.meta.url))).text();
  const fresh = new FluentBundle(known, { useIsolating: false });
  fresh.addResource(new FluentResource(text));
  bundle = fresh;
  document.documentElement.lang = known;
}

/** Whether something is said under a key. @param {string} key */
export function has(key) {
  return bundle?.getMessage(key)?.value !== undefined && bundle.getMessage(key)?.value !== null;
}

/**
 * What is said under a key.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(key, values) {
  const pattern = bundle?.getMessage(key)?.value;
  if (!bundle || !pattern) return key;
  return bundle.formatPattern(pattern, values ?? null);
}
