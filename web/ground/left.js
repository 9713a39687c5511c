// How long something still takes, in few words.
import { t } from "./words.js";

/** @param {number} seconds */
export function left(seconds) {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return t("left-seconds", { count: Math.max(1, Math.round(seconds)) });
  if (minutes < 90) return t("left-minutes", { count: minutes });
  return t("left-hours", { count: (minutes / 60).toFixed(1) });
}
