// Shows each state as it comes. Words are made by the server; this only puts them in their place.
"use strict";

const MARKS = { red: "wink", green: "clean", amber: "not_measured" };
const SILENT_MS = 15000; // three missed heartbeats

const page = document.getElementById("now");
const problem = document.getElementById("page-problem");
const trace = new MovingTrace(document.getElementById("trace"));
let source = null;
let heard = Date.now();

function valueAt(state, path) {
  return path.split(".").reduce((value, name) => value?.[name], state);
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function show(state) {
  page.dataset.light = state.light;
  page.dataset.connected = state.connected ? "yes" : "no";
  document.getElementById("lamp").setAttribute("href", `#mark-${MARKS[state.light] ?? "off"}`);
  document.getElementById("recording").hidden = !state.recording;
  document.getElementById("last-rep").hidden = state.last_rep === null;
  document.getElementById("no-rep").hidden = state.last_rep !== null;
  if (state.last_rep) {
    const mark = document.getElementById("last-mark");
    mark.setAttribute("class", `mark ${state.last_rep.verdict}`);
    mark.firstElementChild.setAttribute("href", `#mark-${state.last_rep.verdict}`);
  }
  const words = { ...state, who: state.lifter ?? "Nobody signed in" };
  for (const element of document.querySelectorAll("[data-text]")) {
    setText(element, valueAt(words, element.dataset.text) ?? "");
  }
  showTroubles(state.troubles);
  trace.add(state);
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
  problem.hidden = text === null;
  setText(problem, text ?? "");
}

function connect() {
  source?.close();
  heard = Date.now();
  source = new EventSource("/events");
  source.onopen = () => say(null);
  source.onmessage = (event) => {
    heard = Date.now();
    say(null);
    show(JSON.parse(event.data));
  };
  source.addEventListener("beat", () => { heard = Date.now(); });
  source.onerror = () => {
    // A broken connection is tried again by the browser; a refusal is not, so ask why.
    if (source.readyState === EventSource.CLOSED) refused();
    else say("The page lost the unit's network address; it tries again by itself.");
  };
}

async function refused() {
  let wait_s = 5;
  try {
    const abort = new AbortController();
    const answer = await fetch("/events", { signal: abort.signal });
    if (answer.ok) abort.abort();
    else {
      say(await answer.text());
      wait_s = Number(answer.headers.get("Retry-After")) || wait_s;
    }
  } catch {
    say("The page can't reach the unit; it tries again by itself.");
  }
  setTimeout(connect, wait_s * 1000);
}

setInterval(() => {
  if (source.readyState === EventSource.OPEN && Date.now() - heard > SILENT_MS) {
    say("The page has not heard from the unit for a while; it connects again.");
    connect();
  }
}, 5000);

connect();
