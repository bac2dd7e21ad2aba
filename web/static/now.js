// Shows each state as it comes. Words are made by the server; this only puts them in their place.
"use strict";

const MARKS = { red: "wink", green: "clean", amber: "not_measured" };

const page = document.getElementById("now");
const trace = new MovingTrace(document.getElementById("trace"));

function show(state) {
  page.dataset.light = state.light;
  page.dataset.connected = state.connected ? "yes" : "no";
  document.getElementById("lamp").setAttribute("href", `#mark-${MARKS[state.light] ?? "off"}`);
  document.getElementById("recording").hidden = !state.recording;
  document.getElementById("last-rep").hidden = state.last_rep === null;
  document.getElementById("no-rep").hidden = state.last_rep !== null;
  document.getElementById("undo").disabled = state.last_rep === null;
  if (state.last_rep) {
    const mark = document.getElementById("last-mark");
    mark.setAttribute("class", `mark ${state.last_rep.verdict}`);
    mark.firstElementChild.setAttribute("href", `#mark-${state.last_rep.verdict}`);
  }
  setTexts({ ...state, who: state.lifter ?? _("Nobody signed in") });
  showTroubles(state.troubles);
  trace.add(state);
}

listen("/events", show);
