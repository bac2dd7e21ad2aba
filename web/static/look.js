// The rep that is looked at: fetches its numbers and brings what the server drew to life.
"use strict";

async function look(section) {
  const answer = await fetch(section.dataset.numbers);
  if (!answer.ok) return; // what the server drew stays
  const rep = await answer.json();
  const replayed = section.querySelector(".replay");
  const plotted = section.querySelector(".plot");
  const plot = plotted && rep.trace && typeof uPlot === "function" ? new RepPlot(plotted, rep) : null;
  const replay = replayed && rep.trace && rep.skeleton?.time_s.length > 1 ? new Replay(replayed, rep) : null;
  if (!plot || !replay) return;
  replay.onMove = (moment) => plot.show(moment);
  plot.onPoint = (moment) => { replay.pause(); replay.show(moment); };
  plot.show(rep.bottom_s);
}

look(document.getElementById("rep"));
