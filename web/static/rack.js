// The rack screen: shows each state as it comes, and asks the unit without leaving the page.
"use strict";

const MARKS = { red: "wink", green: "clean", amber: "not_measured" };
const SVG = "http://www.w3.org/2000/svg";
const ANSWER_MS = 6000;

const screen_ = document.getElementById("rack");
const trace = new DepthTrace(document.getElementById("depth-trace"));
let answerEnds = null;

function mark(verdict) {
  const icon = document.createElementNS(SVG, "svg");
  icon.setAttribute("class", `mark ${verdict}`);
  icon.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#mark-${verdict}`);
  icon.append(use);
  return icon;
}

function showMarks(verdicts) {
  const row = document.getElementById("set-marks");
  if (row.dataset.shown === verdicts.join()) return;
  row.dataset.shown = verdicts.join();
  row.replaceChildren(...verdicts.map(mark));
}

function show(state) {
  const rack = state.rack;
  screen_.dataset.light = state.light;
  screen_.dataset.connected = state.connected ? "yes" : "no";
  screen_.dataset.set = rack.set_running ? "runs" : "";
  screen_.dataset.resting = rack.rest ? "yes" : "no";
  screen_.dataset.verdict = rack.rep_verdict;
  document.getElementById("lamp").setAttribute("href", `#mark-${MARKS[state.light] ?? "off"}`);
  document.getElementById("recording").hidden = !state.recording;
  document.getElementById("ask-sign_out").hidden = !rack.signed_in;
  possible("undo_rep", rack.can_undo);
  possible("redo_rep", rack.can_redo);
  possible("give", rack.can_give);
  const last = document.getElementById("last-mark");
  last.toggleAttribute("hidden", !rack.rep_verdict);
  last.setAttribute("class", `mark ${rack.rep_verdict}`);
  last.firstElementChild.setAttribute("href", `#mark-${rack.rep_verdict || "off"}`);
  setTexts(state);
  showMarks(rack.marks);
  showTroubles(state.troubles);
  trace.add(state);
}

// Only greyed, never hidden: a second quick tap must not meet another button.
function possible(name, yes) {
  document.querySelector(`#ask-${name} button`).disabled = !yes;
}

function answer(text) {
  const box = document.getElementById("answer");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(answerEnds);
  answerEnds = setTimeout(() => { box.hidden = true; }, ANSWER_MS);
}

async function ask(event) {
  const form = event.target;
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const told = await fetch(form.action, {
      method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual",
    });
    // A page whose token has gone stale loads itself again; everything else is told.
    if (told.status === 403) location.reload();
    else if (told.type !== "opaqueredirect") answer(reason(await told.text()));
  } catch {
    answer(_("The page can't reach the unit; tap again when it is back."));
  } finally {
    button.disabled = false;
  }
}

function reason(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  return page.querySelector('[role="alert"], .empty-page p')?.textContent ?? _("That did not work.");
}

const told = document.getElementById("answer").textContent;
if (told) {
  answer(told);
  history.replaceState(null, "", "/rack"); // said once
}
for (const form of document.querySelectorAll(".bar-bottom form[method=post]")) form.addEventListener("submit", ask);
listen("/events", show);
