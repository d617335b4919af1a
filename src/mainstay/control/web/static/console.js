// Keeps an open page fresh: told by server-sent events, else by asking again and again. Without it every page works.

const PERIOD_MS = 5000;
const LIMIT_MS = 4000;

const live = document.querySelector("[data-live]");
const stale = document.getElementById("stale");
let heardAt = Date.now();
let busy = false;
let again = false;

async function refresh() {
  if (document.hidden) return;
  if (busy) { again = true; return; }
  busy = true;
  try {
    await load();
  } finally {
    busy = false;
    if (again) { again = false; setTimeout(refresh, 200); }
  }
}

async function load() {
  try {
    const answer = await fetch(location.pathname + location.search, {
      headers: { "x-mainstay-background": "1" },
      cache: "no-store",
      redirect: "manual",
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    if (answer.type === "opaqueredirect") {
      tell("Your session is over. Load this page again to log in.");
      return;
    }
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) renew(part, page);
    heardAt = Date.now();
    stale.hidden = true;
  } catch {
    const seconds = Math.round((Date.now() - heardAt) / 1000);
    tell(`The control plane does not answer. What you see is ${seconds} s old.`);
  }
}

// Parts are told apart by their id. One in which somebody types or has opened something waits.
function renew(part, page) {
  const fresh = page.getElementById(part.id);
  if (!fresh || fresh.innerHTML === part.innerHTML) return;
  const held = document.activeElement;
  if (part.contains(held) && held.matches("input, select, textarea")) return;
  if ([...part.querySelectorAll("input, textarea")].some((one) => one.value !== one.defaultValue)) return;
  if (part.querySelector("button[disabled]")) return;
  const opened = [...part.querySelectorAll("details[open]")];
  if (opened.some((one) => !one.dataset.key)) return;
  const key = part.contains(held) ? held.getAttribute("data-key") : null;
  part.replaceChildren(...fresh.childNodes);
  for (const one of opened) part.querySelector(`details[data-key="${CSS.escape(one.dataset.key)}"]`)?.setAttribute("open", "");
  if (key) part.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

// A form that works on something says so, and is not sent twice.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || !button.dataset.busy) return;
  setTimeout(() => { button.disabled = true; button.textContent = button.dataset.busy; });
});
// A page that comes back from the browser's memory may be used again.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

function tell(words) {
  if (stale.textContent !== words) stale.textContent = words;
  stale.hidden = false;
}

if (live && stale) {
  setInterval(refresh, PERIOD_MS);
  const events = new EventSource("/live");
  events.addEventListener("changed", refresh);
}
