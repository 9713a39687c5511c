// Keeps the shell of the app, so that it opens without its server and says so. Nothing of what people keep is ever
// put into a cache: requests to the server's API are not touched.
const NAME = "freehold-{HASH}";
/** @type {string[]} */
const SHELL = [/* shell */];
const worker = /** @type {any} */ (self);

worker.addEventListener("install", (/** @type {any} */ event) => {
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(["/", ...SHELL])).then(() => worker.skipWaiting()));
});

worker.addEventListener("activate", (/** @type {any} */ event) => {
  const clean = async () => {
    for (const name of await caches.keys()) if (name !== NAME) await caches.delete(name);
    await worker.clients.claim();
  };
  event.waitUntil(clean());
});

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (event.request.mode === "navigate") {
    // The page of the server where there is one, since it names the newest files.
    event.respondWith(fetch(event.request).catch(async () => (await caches.match("/")) ?? Response.error()));
  } else if (url.pathname.startsWith("/app/{HASH}/")) {
    event.respondWith(caches.match(event.request).then((known) => known ?? fetch(event.request)));
  }
});
