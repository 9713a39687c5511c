// What can be done with the chat that is open, for the palette and for menus; and which of its turns is looked for.
import { go } from "../ground/route.js";

/** @typedef {import("../shell/palette.js").Entry} Entry */

/** @type {() => Entry[]} */
let offered = () => [];
/** @type {string | null} */
let sought = null;

export const command = {
  list: () => offered(),
  /** @param {() => Entry[]} entries */
  offer(entries) {
    offered = entries;
  },
};

/**
 * Opens a chat where a turn stands.
 * @param {string} chat
 * @param {string | null} turn
 */
export function openTurn(chat, turn) {
  sought = turn;
  go(`/chat/${chat}`);
}

/** The turn that is looked for, once. */
export function takeSought() {
  const turn = sought;
  sought = null;
  return turn;
}
