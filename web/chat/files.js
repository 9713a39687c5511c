// Files that somebody adds to a question. Text is read here; what the server cannot take yet is said to be so.
import { t } from "../ground/words.js";

/** @typedef {{ name: string, text: string }} Attachment */

const BYTES_MAX = 1_000_000;

/**
 * @param {File} file
 * @returns {Promise<Attachment>}
 */
export async function readFile(file) {
  if (file.type.startsWith("image/")) throw new Error(t("file-picture", { name: file.name }));
  if (file.type === "application/pdf") throw new Error(t("file-pdf", { name: file.name }));
  if (file.size > BYTES_MAX) throw new Error(t("file-large", { name: file.name }));
  const bytes = new Uint8Array(await file.arrayBuffer());
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (text.includes("\0")) throw new Error("no text");
    return { name: file.name, text };
  } catch {
    throw new Error(t("file-binary", { name: file.name }));
  }
}

/**
 * What is asked, as parts of a message.
 * @param {string} text
 * @param {Attachment[]} files
 */
export function parts(text, files) {
  const attached = files.map((file) => ({ type: "input_text", filename: file.name, text: `File \`${file.name}\`:\n\n${file.text}\n` }));
  return [...attached, ...(text.trim() ? [{ type: "input_text", text: text.trim() }] : [])];
}
