// Where people write. What is typed outlives a reload, a crash and a change of page.
import { told } from "../ground/api.js";
import { fill, h, later } from "../ground/dom.js";
import { icon } from "../ground/icons.js";
import { notice } from "../ground/notice.js";
import { app, taste } from "../ground/state.js";
import { count } from "../ground/when.js";
import { t } from "../ground/words.js";
import { card, length, warning } from "./attachments.js";
import { isSendable, isTooLong, kindOf, parts, readFile, whyNoPicture } from "./files.js";
import { isSending } from "./keys.js";
import { modelPill } from "./picker.js";
import { openSheet } from "./sheet.js";

/** @typedef {import("./room.js").Room} Room */

/** Whether the browser makes fields as high as what stands in them. */
const GROWS = CSS.supports("field-sizing", "content");

export class Composer {
  /** @param {Room} room */
  constructor(room) {
    this.room = room;
    /** @type {import("./files.js").Attachment[]} */
    this.files = [];
    this.isSending = false;
    this.state = "";
    this.field = h("textarea", { id: "ask", rows: 1, placeholder: t("ask-hint"), "aria-label": t("ask-hint"), autocapitalize: "sentences", dir: "auto" });
    this.chips = h("div", { class: "attachments" });
    this.picker = h("input", { type: "file", multiple: true, class: "out-of-sight", tabindex: "-1", "aria-hidden": "true", onchange: () => this.take(this.picker.files) });
    this.button = h("button", { class: "send", type: "submit" });
    this.model = h("span", { class: "pill-place" });
    this.meter = h("span", { class: "meter" });
    const clip = h("button", { class: "quiet", type: "button", "aria-label": t("attach"), title: t("attach"), onclick: () => this.picker.click() }, icon("clip"));
    const tune = h("button", { class: "quiet", type: "button", "aria-label": t("tune"), title: t("tune"), onclick: () => openSheet(room) }, icon("sliders"));
    this.element = h(
      "form",
      { class: "composer", onsubmit: (/** @type {Event} */ event) => (event.preventDefault(), this.act()) },
      this.chips, this.field, this.picker,
      h("div", { class: "composer-row" }, clip, tune, this.model, this.meter, this.button),
    );
    this.listen();
    this.restore();
    this.update();
  }

  listen() {
    const keep = later(150, () => this.keep());
    this.field.addEventListener("input", () => (this.grow(), this.update(), keep()));
    this.leaving = () => this.keep();
    addEventListener("pagehide", this.leaving);
    this.field.addEventListener("keydown", (event) => {
      if (isSending(event)) {
        event.preventDefault();
        if (!this.room.running()) this.act();
        else if (this.field.value.trim()) notice(t("still-answering"));
      }
      if (event.key === "Escape" && this.room.running()) this.act();
    });
    this.field.addEventListener("paste", (event) => {
      if (event.clipboardData?.files.length) {
        event.preventDefault();
        this.take(event.clipboardData.files);
      }
    });
  }

  leave() {
    this.keep();
    if (this.leaving) removeEventListener("pagehide", this.leaving);
  }

  draftKey() {
    return `draft.${this.room.id ?? "new"}`;
  }

  keep() {
    if (this.room.isTemporary) return;
    const files = this.files.filter((file) => !file.isReading);
    const isEmpty = !this.field.value && files.length === 0;
    const draft = (/** @type {unknown[]} */ files) => JSON.stringify({ text: this.field.value, files });
    if (taste.set(this.draftKey(), isEmpty ? null : draft(files))) return;
    // What was typed is kept in any case; what is too large to be kept can be attached again.
    taste.set(this.draftKey(), draft([]));
  }

  restore() {
    try {
      const draft = JSON.parse(taste.get(this.draftKey()) ?? "null");
      this.field.value = draft?.text ?? "";
      this.files = draft?.files ?? [];
    } catch {
      // What cannot be read is no draft.
    }
    this.showFiles();
    queueMicrotask(() => this.grow());
  }

  /** @param {string} text */
  write(text) {
    this.field.value = text;
    this.grow();
    this.update();
    this.keep();
    this.field.focus();
  }

  grow() {
    if (GROWS) return;
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, innerHeight * 0.4)}px`;
  }

  /** @param {FileList | null} files */
  async take(files) {
    const all = [...(files ?? [])];
    this.picker.value = "";
    await Promise.all(all.map((file) => this.takeOne(file)));
    this.keep();
  }

  /** Shows a file at once, and what is in it when that is known. @param {File} file */
  async takeOne(file) {
    /** @type {import("./files.js").Attachment} */
    const waiting = { name: file.name, kind: "text", isReading: true };
    try {
      const about = await kindOf(file);
      const refused = about.kind === "picture" ? whyNoPicture(file, this.files, this.room.about.model) : null;
      if (refused) return notice(refused);
      this.files.push(Object.assign(waiting, { kind: about.kind }));
      this.showFiles();
      this.update();
      const read = await readFile(file, about);
      this.files = this.files.map((other) => (other === waiting ? read : other));
    } catch (error) {
      this.files = this.files.filter((other) => other !== waiting);
      notice(told(error));
    }
    this.showFiles();
    this.update();
  }

  showFiles() {
    const chip = (/** @type {import("./files.js").Attachment} */ file) => {
      const off = () => {
        this.files = this.files.filter((other) => other !== file);
        this.showFiles();
        this.update();
        this.keep();
      };
      const said = file.isReading ? t("file-reading") : warning(file, isTooLong(file, this.room.about.model));
      const about = [length(file), said].filter(Boolean).join(" · ");
      return card({ name: file.name, about, url: file.url, isReading: file.isReading, isWrong: !file.isReading && said !== "" }, off);
    };
    fill(this.chips, this.files.map(chip));
  }

  /** Sends, or stops what is being said. */
  async act() {
    if (this.room.running()) return void this.room.stop().catch((error) => notice(told(error)));
    const asked = parts(this.field.value, this.files);
    if (asked.length === 0 || this.isSending || this.isReading()) return;
    const draft = this.draftKey();
    this.isSending = true;
    this.update();
    try {
      await this.room.ask(asked, this.room.leaf);
      this.field.value = "";
      this.files = [];
      taste.set(draft, null);
      this.showFiles();
      this.grow();
      this.keep();
    } catch (error) {
      notice(told(error));
    }
    this.isSending = false;
    this.update();
  }

  isReading() {
    return this.files.some((file) => file.isReading);
  }

  /** Shows what the room says now. */
  update() {
    const isRunning = this.room.running() !== undefined;
    const label = isRunning ? t("stop") : t("send");
    const isEmpty = (!this.field.value.trim() && !this.files.some(isSendable)) || this.isReading();
    const state = `${label}${isEmpty}${this.isSending}`;
    if (state !== this.state) {
      this.state = state;
      this.button.disabled = !isRunning && (isEmpty || this.isSending || this.room.about.model === null);
      this.button.setAttribute("aria-label", label);
      this.button.title = label;
      this.button.classList.toggle("is-stop", isRunning);
      fill(this.button, icon(isRunning ? "stop" : "send"));
    }
  }

  /** Shows which model answers, and how full its memory is. */
  about() {
    this.state = "";
    this.update();
    fill(this.model, modelPill(this.room));
    if (this.files.length > 0) this.showFiles();
    const last = this.room.path().findLast((turn) => turn.usage);
    const context = app.now.models?.find((model) => model.name === this.room.about.model)?.context;
    const used = last ? last.usage.input_tokens + last.usage.output_tokens : 0;
    if (!used) return fill(this.meter);
    if (!context) return fill(this.meter, t("tokens", { count: count(used) }));
    const share = Math.min(1, used / context);
    if (share < 0.01) return fill(this.meter);
    const words = t("context", { used: count(used), all: count(context) });
    fill(this.meter, h("span", { class: share > 0.85 ? "gauge is-full" : "gauge", vars: { "--share": share }, role: "img", "aria-label": words, title: words }), h("span", { class: "wide" }, `${Math.round(share * 100)} %`));
    this.meter.title = words;
  }
}
