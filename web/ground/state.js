// What the app knows, as far as more than one part of it looks at that.
import { observable } from "./store.js";

/**
 * What somebody may do here, as the rules say.
 * @typedef {{
 *   keep_files: boolean, manage_account: boolean, manage_keys: boolean, manage_models: boolean, read_audit: boolean,
 *   operate: boolean, give_roles: string[],
 * }} May
 */
/**
 * @typedef {{
 *   user: string, name: string, display_name: string, role: string, via: string, csrf: string | null,
 *   has_password: boolean, asks_for_password: boolean, may: May,
 * }} Who
 */
/** @typedef {{ name: string, owner: string, bytes: number, is_loaded: boolean, context: number | null, reads_pictures: boolean }} Model */
/** @typedef {{ temperature?: number, top_p?: number, max_output_tokens?: number, effort?: string }} Settings */
/**
 * @typedef {{
 *   id: string, title: string | null, model: string | null, instructions: string | null, settings: Settings,
 *   active: string | null, pinned: boolean, created_at: string, updated_at: string, deleted_at: string | null,
 * }} Chat
 */

export const app = observable({
  /** @type {Who | null} */
  who: null,
  /** @type {Model[] | null} */
  models: null,
  /** @type {Chat[]} */
  chats: [],
  hasMoreChats: false,
  isOnline: true,
  isRailOpen: false,
});

/**
 * Whether whoever is here may do something: pages offer nothing else. The server judges by itself.
 * @param {Exclude<keyof May, "give_roles">} what
 */
export function may(what) {
  return app.now.who?.may[what] === true;
}

/** What this browser remembers of a person's taste. */
export const taste = {
  /** @param {string} key */
  get(key) {
    try {
      return localStorage.getItem(`freehold.${key}`);
    } catch {
      return null;
    }
  },
  /**
   * @param {string} key
   * @param {string | null} value
   * @returns {boolean} Whether there was room for it.
   */
  set(key, value) {
    try {
      if (value === null) localStorage.removeItem(`freehold.${key}`);
      else localStorage.setItem(`freehold.${key}`, value);
      return true;
    } catch {
      // Browsers that keep nothing still work.
      return false;
    }
  },
  /** Forgets all that begins with a word. @param {string} start */
  forget(start) {
    try {
      for (const key of Object.keys(localStorage)) {
        if (key.startsWith(`freehold.${start}`)) localStorage.removeItem(key);
      }
    } catch {
      // There is nothing to forget.
    }
  },
};
