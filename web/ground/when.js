// Times and numbers, as people say them.
import { language, t } from "./words.js";

const DAY = 24 * 60 * 60 * 1000;

/** The key of the group of days in which a time lies. @param {string} at */
export function group(at) {
  const start = new Date();
  start.setHours(0, 0, 0, 0);
  const days = Math.ceil((start.getTime() - new Date(at).getTime()) / DAY);
  if (days <= 0) return "days-today";
  if (days <= 1) return "days-yesterday";
  if (days <= 7) return "days-week";
  if (days <= 30) return "days-month";
  return "days-older";
}

/** @param {string} at */
export function moment(at) {
  return new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(at));
}

/** The time of day. @param {string} at */
export function time(at) {
  return new Intl.DateTimeFormat(language(), { timeStyle: "short" }).format(new Date(at));
}

/** @param {string} at */
export function day(at) {
  return new Intl.DateTimeFormat(language(), { dateStyle: "medium" }).format(new Date(at));
}

/** How long it is until then, in words. @param {Date} then */
export function until(then) {
  const minutes = Math.max(0, Math.round((then.getTime() - Date.now()) / 60_000));
  const format = new Intl.RelativeTimeFormat(language());
  return minutes < 90 ? format.format(minutes, "minute") : format.format(Math.round(minutes / 60), "hour");
}

/** @param {number} value */
export function count(value) {
  return new Intl.NumberFormat(language(), { notation: value >= 10_000 ? "compact" : "standard", maximumFractionDigits: 1 }).format(value);
}

/** @param {number} bytes */
export function size(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  let at = 0;
  while (bytes >= 1000 && at < units.length - 1) {
    bytes /= 1000;
    at += 1;
  }
  const format = { style: /** @type {const} */ ("unit"), unit: units[at], unitDisplay: /** @type {const} */ ("short"), maximumFractionDigits: 1 };
  return new Intl.NumberFormat(language(), format).format(bytes);
}

/** A greeting for the hour. */
export function greeting() {
  const hour = new Date().getHours();
  if (hour < 5 || hour >= 22) return t("greet-night");
  if (hour < 12) return t("greet-morning");
  if (hour < 18) return t("greet-day");
  return t("greet-evening");
}
