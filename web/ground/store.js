// One place for what several parts of the app look at.

/**
 * @template {object} S
 * @param {S} state
 */
export function observable(state) {
  /** @type {Set<{ keys: (keyof S)[], tell: (state: S) => void }>} */
  const listeners = new Set();
  return {
    /** @returns {Readonly<S>} */
    get now() {
      return state;
    },
    /**
     * Changes fields, and tells those who look at them.
     * @param {Partial<S>} change
     */
    set(change) {
      const keys = /** @type {(keyof S)[]} */ (Object.keys(change)).filter((key) => state[key] !== change[key]);
      Object.assign(state, change);
      for (const listener of [...listeners]) {
        if (listener.keys.some((key) => keys.includes(key))) listener.tell(state);
      }
    },
    /**
     * Calls `tell` now, and whenever one of `keys` changes; returns what ends that.
     * @param {(keyof S)[]} keys
     * @param {(state: S) => void} tell
     */
    watch(keys, tell) {
      const listener = { keys, tell };
      listeners.add(listener);
      tell(state);
      return () => listeners.delete(listener);
    },
  };
}
