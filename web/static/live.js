// A page's connection to the unit, and what every live page shows alike.
"use strict";

const SILENT_MS = 15000; // three missed heartbeats
const PATIENCE_MS = 4000; // a stream that ended in its time is back sooner

function valueAt(state, path) {
  return path.split(".").reduce((value, name) => value?.[name], state);
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function setTexts(words) {
  for (const element of document.querySelectorAll("[data-text]")) {
    setText(element, valueAt(words, element.dataset.text) ?? "");
  }
  for (const field of document.querySelectorAll("[data-value]")) {
    field.value = valueAt(words, field.dataset.value) ?? "";
  }
}

function showTroubles(troubles) {
  const box = document.getElementById("troubles");
  if (box.dataset.shown === troubles.join("\n")) return;
  box.dataset.shown = troubles.join("\n");
  box.replaceChildren(...troubles.map((text) => {
    const line = document.createElement("p");
    line.className = "notice";
    line.textContent = text;
    return line;
  }));
}

function say(text) {
  const problem = document.getElementById("page-problem");
  problem.hidden = text === null;
  setText(problem, text ?? "");
}

// Calls `show` with each state that comes from the address, for as long as the page is looked at:
// a page in the background gives its place to another viewer.
function listen(address, show) {
  let source = null;
  let heard = Date.now();
  let again = null;

  function connect() {
    leave();
    if (document.hidden) return;
    heard = Date.now();
    const opened = source = new EventSource(address);
    source.onopen = () => say(null);
    source.onmessage = (event) => {
      heard = Date.now();
      say(null);
      show(JSON.parse(event.data));
    };
    source.addEventListener("beat", () => { heard = Date.now(); });
    source.onerror = () => {
      // A broken connection is tried again by the browser; a refusal is not, so ask why.
      if (opened.readyState === EventSource.CLOSED) refused(opened);
      else setTimeout(() => {
        if (opened === source && opened.readyState === EventSource.CONNECTING) {
          say(_("The page lost the unit's network address; it tries again by itself."));
        }
      }, PATIENCE_MS);
    };
  }

  function leave() {
    source?.close();
    source = null;
    clearTimeout(again);
  }

  async function refused(closed) {
    let wait_s = 5;
    try {
      const abort = new AbortController();
      const answer = await fetch(address, { signal: abort.signal });
      if (answer.ok) abort.abort();
      else {
        say(await answer.text());
        wait_s = Number(answer.headers.get("Retry-After")) || wait_s;
      }
    } catch {
      say(_("The page can't reach the unit; it tries again by itself."));
    }
    if (closed === source) again = setTimeout(connect, wait_s * 1000);
  }

  setInterval(() => {
    if (source?.readyState === EventSource.OPEN && Date.now() - heard > SILENT_MS) {
      say(_("The page has not heard from the unit for a while; it connects again."));
      connect();
    }
  }, 5000);
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : connect()));

  connect();
}
