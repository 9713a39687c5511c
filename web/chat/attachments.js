// What is attached, as it is seen: a card for a document, the picture itself for a picture.
import { dialog } from "../ground/dialog.js";
import { h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { count } from "../ground/when.js";
import { t } from "../ground/words.js";

/** Addresses of pictures that are shown: those that carry them, in kinds without script. */
const PICTURE = /^data:image\/(png|jpeg|webp|gif);base64,/;

/**
 * @param {{ name: string, about?: string, isWrong?: boolean, isReading?: boolean, url?: string }} shown
 * @param {() => void} [off]
 */
export function card(shown, off) {
  const { name, about, url } = shown;
  const remove = off && h("button", { class: "quiet", type: "button", "aria-label": t("detach", { name }), onclick: off }, icon("close"));
  if (url && PICTURE.test(url)) {
    const open = h("button", { class: "picture", type: "button", "aria-label": t("picture-open", { name }), onclick: () => openPicture(name, url) }, h("img", { src: url, alt: name, loading: "lazy", decoding: "async" }));
    return h("div", { class: "attached is-picture" }, open, remove);
  }
  const kinds = [shown.isReading && "is-reading", shown.isWrong && "is-wrong"].filter(Boolean).join(" ");
  return h("div", { class: `attached ${kinds}` }, icon(shown.isWrong ? "warn" : "file"), h("span", null, h("b", null, name), about && h("small", null, about)), remove);
}

/**
 * @param {string} name
 * @param {string} url
 */
function openPicture(name, url) {
  dialog({ title: name, kind: "whole-picture" }, () => [h("div", null, h("img", { src: url, alt: name }))]);
}

/** How long something is, in plain words. @param {{ pages?: number, words?: number }} part */
export function length(part) {
  return [part.pages ? t("pages", { count: part.pages }) : "", part.words ? t("words", { count: part.words, shown: count(part.words) }) : ""].filter(Boolean).join(" · ");
}

/**
 * What is to be known of a file before it is sent.
 * @param {import("./files.js").Attachment} file
 * @param {boolean} isTooLong
 */
export function warning(file, isTooLong) {
  if (file.kind === "pdf" && !file.text) return t((file.unreadable ?? 0) > 0 ? "pdf-nameless" : "pdf-scanned", { pages: file.pages ?? 0 });
  if (isTooLong) return t("file-too-long");
  if (file.isCut) return t("pdf-cut");
  return "";
}
