// Files that somebody adds to a question. Text is read here, PDFs by the server; pictures go to models that read them.
import { ask } from "../ground/api.js";
import { app } from "../ground/state.js";
import { Said } from "../ground/errors.js";
import { t } from "../ground/words.js";

/**
 * @typedef {{
 *   name: string, kind: "text" | "pdf" | "picture", text?: string, url?: string, bytes?: number,
 *   pages?: number, words?: number, unreadable?: number, isCut?: boolean, isReading?: boolean,
 * }} Attachment
 */

const TEXT_BYTES_MAX = 1_000_000;
const PDF_BYTES_MAX = 32 * 1024 * 1024;
const PICTURE_BYTES_MAX = 8 * 1024 * 1024;

/** Pictures of a question at most, as the server has it. */
const PICTURES_MAX = 8;

/** What the bytes of pictures begin with, and where that stands. */
const PICTURES = /** @type {[string, number, string][]} */ ([
  ["image/png", 0, "\x89PNG\r\n\x1a\n"],
  ["image/jpeg", 0, "\xff\xd8\xff"],
  ["image/webp", 8, "WEBP"],
  ["image/gif", 0, "GIF8"],
]);

/** Letters of a token, about, to tell what will not fit. */
const LETTERS_OF_TOKEN = 4;

/**
 * What a file is, by what it begins with: names say what they like.
 * @param {File} file
 * @returns {Promise<{ kind: Attachment["kind"], type: string }>}
 */
export async function kindOf(file) {
  const head = String.fromCharCode(...new Uint8Array(await file.slice(0, 1024).arrayBuffer()));
  const picture = PICTURES.find(([, at, sign]) => head.startsWith(sign, at));
  if (picture) return { kind: "picture", type: picture[0] };
  if (head.includes("%PDF-")) return { kind: "pdf", type: "application/pdf" };
  if (file.type.startsWith("image/")) throw new Said(t("picture-kind", { name: file.name }));
  return { kind: "text", type: "text/plain" };
}

/**
 * @param {File} file
 * @param {{ kind: Attachment["kind"], type: string }} about
 * @returns {Promise<Attachment>}
 */
export async function readFile(file, { kind, type }) {
  if (kind === "pdf") return readPdf(file);
  if (kind === "picture") return { name: file.name, kind, bytes: file.size, url: await dataUrl(new Blob([file], { type })) };
  if (file.size > TEXT_BYTES_MAX) throw new Said(t("file-large", { name: file.name }));
  const bytes = new Uint8Array(await file.arrayBuffer());
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (text.includes("\0")) throw new Error("no text");
    return { name: file.name, kind, text, words: text.split(/\s+/).filter(Boolean).length };
  } catch {
    throw new Said(t("file-binary", { name: file.name }));
  }
}

/** @param {File} file @returns {Promise<Attachment>} */
async function readPdf(file) {
  if (file.size > PDF_BYTES_MAX) throw new Said(t("pdf-large", { name: file.name }));
  const read = await ask("POST", "/api/documents/text", new Blob([file], { type: "application/pdf" }));
  const pages = String(read.text).split("\f");
  // Where a page begins is told, so that an answer can name it.
  const text = read.words === 0 ? "" : pages.length < 2 ? read.text : pages.map((page, at) => `[page ${at + 1}]\n${page}`).join("\n\n");
  return { name: file.name, kind: "pdf", text, pages: read.pages, words: read.words, unreadable: read.unreadable_letters, isCut: read.is_cut };
}

/** @param {Blob} blob @returns {Promise<string>} */
function dataUrl(blob) {
  return new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result));
    reader.onerror = () => fail(reader.error);
    reader.readAsDataURL(blob);
  });
}

/**
 * Why a picture cannot be added; `null` where it can.
 * @param {File} file
 * @param {Attachment[]} others
 * @param {string | null} model
 */
export function whyNoPicture(file, others, model) {
  const models = app.now.models ?? [];
  if (!models.find((one) => one.name === model)?.reads_pictures) {
    const able = models.find((one) => one.reads_pictures);
    return able ? t("picture-other-model", { model: model ?? "–", other: able.name }) : t("picture-no-model", { model: model ?? "–" });
  }
  if (file.size > PICTURE_BYTES_MAX) return t("picture-large", { name: file.name });
  if (others.filter((other) => other.kind === "picture").length >= PICTURES_MAX) return t("picture-many", { count: PICTURES_MAX });
  return null;
}

/** Whether anything of a file can be sent. @param {Attachment} file */
export function isSendable(file) {
  return file.kind === "picture" || Boolean(file.text);
}

/**
 * Whether a file is about longer than the model can read at once.
 * @param {Attachment} file
 * @param {string | null} model
 */
export function isTooLong(file, model) {
  const context = app.now.models?.find((one) => one.name === model)?.context;
  return Boolean(context && (file.text?.length ?? 0) / LETTERS_OF_TOKEN > context);
}

/**
 * What is asked, as parts of a message.
 * @param {string} text
 * @param {Attachment[]} files
 */
export function parts(text, files) {
  const attached = files.filter(isSendable).map((file) =>
    file.kind === "picture"
      ? { type: "input_image", filename: file.name, image_url: file.url, detail: "auto" }
      : { type: "input_text", filename: file.name, pages: file.pages, words: file.words, text: `File \`${file.name}\`:\n\n${file.text}\n` },
  );
  return [...attached, ...(text.trim() ? [{ type: "input_text", text: text.trim() }] : [])];
}
