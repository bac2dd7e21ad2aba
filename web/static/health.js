// Renews the Health page in place. The server writes it; this only fetches it again.
"use strict";

const GAP_MS = 5000;

async function renew() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = document.getElementById("health");
    const next = fresh.getElementById("health");
    // A link that has the keyboard's focus must not be taken away under it.
    if (!next || now.contains(document.activeElement)) return;
    showLocalTimes(next);
    if (next.innerHTML !== now.innerHTML) now.replaceWith(next);
  } catch {
    // The unit can't be reached; what stands here is older, and the next try may succeed.
  }
}

setInterval(renew, GAP_MS);
