// Looks once a minute whether the page is still what is known. Without this script the page is the same, only older.
const MINUTE = 60_000;
const written = document.querySelector("time[data-written]");
const old = document.getElementById("old");
const limit = Number(old.dataset.minutes) * MINUTE;

// What was loaded just now is not loaded again at once, whatever the times say.
async function look(mayReload) {
  let newest = Date.parse(written.dateTime);
  try {
    const answer = await fetch("api/v2/status.json", { cache: "no-cache" });
    if (answer.ok) newest = Math.max(newest, Date.parse((await answer.json()).generated_at));
  } catch {
    // Then the page grows old, and says so.
  }
  if (mayReload && newest > Date.parse(written.dateTime) && document.visibilityState === "visible" && !document.querySelector("details[open]")) {
    location.reload();
  }
  old.hidden = Date.now() - newest <= limit;
}

setInterval(() => look(true), MINUTE);
look(false);
