// Changes the load without a new page: the server draws it, this only puts it in its place.
"use strict";

async function follow(event) {
  const link = event.target.closest("#load nav a[href]");
  if (!link) return;
  event.preventDefault();
  try {
    const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("load");
    if (!answer.ok || !fresh) throw new Error("no load page");
    document.getElementById("load").replaceWith(fresh);
    history.replaceState(null, "", link.href);
  } catch {
    location.href = link.href;
  }
}

document.addEventListener("click", follow);
