// A place for a picture that a film begins or ends with: it is chosen, or dropped there.
import { fill, h } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { notice } from "../ground/notice.js";
import { t } from "../ground/words.js";

const KINDS = ["image/png", "image/jpeg", "image/webp", "image/gif"];

/** @param {string} name */
export function frame(name) {
  /** @type {File | null} */
  let picture = null;
  let address = "";
  const file = h("input", { type: "file", accept: KINDS.join(","), "aria-label": name });
  const shown = h("span", { class: "still-picture" });
  const off = h("button", { class: "quiet", type: "button", "aria-label": t("frame-remove-of", { name }), hidden: true }, icon("close"));
  const element = h("div", { class: "still" }, h("label", { class: "named" }, h("span", null, name), shown, file), off);
  const set = (/** @type {File | null | undefined} */ taken) => {
    if (taken && !KINDS.includes(taken.type)) return notice(t("frame-kinds"));
    if (address) URL.revokeObjectURL(address);
    picture = taken ?? null;
    address = picture ? URL.createObjectURL(picture) : "";
    fill(shown, picture ? h("img", { src: address, alt: picture.name }) : [icon("film"), h("small", null, t("frame-drop"))]);
    off.hidden = !picture;
    if (!picture) file.value = "";
  };
  file.addEventListener("change", () => set(file.files?.[0]));
  off.addEventListener("click", () => (set(null), file.focus()));
  element.addEventListener("dragover", (event) => event.preventDefault());
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    set(event.dataTransfer?.files[0]);
  });
  set(null);
  return { element, picture: () => (element.hidden ? null : picture) };
}
