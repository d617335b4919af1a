// Keeps the overview fresh. Without it every page works; the overview then reloads itself.

const PERIOD_MS = 5000;
const LIMIT_MS = 4000;

const live = document.getElementById("live");
const stale = document.getElementById("stale");
let heardAt = Date.now();

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch("/", {
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
    const fresh = page.getElementById("live");
    if (fresh && fresh.innerHTML !== live.innerHTML) live.replaceChildren(...fresh.childNodes);
    heardAt = Date.now();
    stale.hidden = true;
  } catch {
    const seconds = Math.round((Date.now() - heardAt) / 1000);
    tell(`The control plane does not answer. What you see is ${seconds} s old.`);
  }
}

function tell(words) {
  if (stale.textContent !== words) stale.textContent = words;
  stale.hidden = false;
}

if (live && stale) setInterval(refresh, PERIOD_MS);
