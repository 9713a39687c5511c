// Signing in by a link or a password, choosing a password, and making a key.
const by = (id) => document.getElementById(id);
let csrf = null;

/** Sends `body` and returns what came back; throws what people can read. */
async function send(method, path, body) {
  const headers = { "content-type": "application/json" };
  if (csrf) headers["x-csrf-token"] = csrf;
  const reply = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const value = await reply.json();
  if (!reply.ok) throw new Error([value.error.message, value.error.hint].filter(Boolean).join(" · "));
  return value;
}

function say(text) {
  by("notice").textContent = text;
  by("notice").hidden = !text;
}

function enter(who) {
  csrf = who.csrf;
  by("lead").textContent = `Signed in as ${who.name}`;
  by("sign-in").hidden = true;
  by("inside").hidden = false;
}

/** Lets `work` run when `form` is sent, and says what went wrong. */
function when(form, work) {
  by(form).addEventListener("submit", async (event) => {
    event.preventDefault();
    say("");
    try {
      await work(Object.fromEntries(new FormData(event.target)));
    } catch (error) {
      say(error.message);
    }
  });
}

when("sign-in", async (typed) => enter(await send("POST", "/api/session", typed)));
when("choose", async ({ new: chosen }) => {
  const old = by("choose").dataset.asks ? prompt("Your password until now") : undefined;
  enter(await send("PUT", "/api/session/password", { old, new: chosen }));
  say("Your password is kept. Next time sign in with your name and it.");
});
when("key", async ({ name }) => {
  const made = await send("POST", "/api/keys", { name });
  say(`Copy it now, it is shown this once: ${made.key}`);
});

(async () => {
  const link = new URLSearchParams(location.search).get("token") || location.hash.slice(1);
  // The token must not stay in the history.
  if (link) history.replaceState(null, "", location.pathname);
  try {
    if (link) return enter(await send("POST", "/api/session", { link }));
    const who = await send("GET", "/api/session");
    if (who.via === "session") enter(who);
  } catch (error) {
    if (link) say(`${error.message} · the link may have been used already; \`freehold user link\` makes another`);
  }
})();
