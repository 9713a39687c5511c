// Light or dark: as the system says, unless somebody said otherwise.
import { taste } from "./state.js";

/** @typedef {"system" | "light" | "dark"} Theme */

/** @returns {Theme} */
export function theme() {
  const chosen = taste.get("theme");
  return chosen === "light" || chosen === "dark" ? chosen : "system";
}

/** @param {Theme} chosen */
export function choose(chosen) {
  taste.set("theme", chosen === "system" ? null : chosen);
  appear();
}

export function appear() {
  const chosen = theme();
  if (chosen === "system") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.setAttribute("data-theme", chosen);
}
