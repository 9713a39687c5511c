// Addresses of the app, without loading it again.

/** @type {(path: string) => void} */
let show = () => {};

/** @param {(path: string) => void} shows */
export function routes(shows) {
  show = shows;
  addEventListener("popstate", () => show(location.pathname));
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[href^='/']") : null;
    const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!(link instanceof HTMLAnchorElement) || !isPlain || link.target || link.hasAttribute("download")) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
  show(location.pathname);
}

/**
 * @param {string} path
 * @param {{ replace?: boolean, silent?: boolean }} [how]
 */
export function go(path, how = {}) {
  if (how.replace) history.replaceState(null, "", path);
  else if (path !== location.pathname + location.search) history.pushState(null, "", path);
  if (!how.silent) show(location.pathname);
}
