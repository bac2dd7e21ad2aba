// Stored times are UTC; shows them on the reader's clock. Without this, the unit's clock is shown.
"use strict";

// English here is British; a language the browser does not know is written so, too.
const DATES = [document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang, "en-GB"];

function showLocalTimes(within) {
  for (const element of within.querySelectorAll("time[datetime]")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    const day = new Intl.DateTimeFormat(DATES, {
      weekday: "short", day: "numeric", month: "short", year: "numeric",
    }).format(moment);
    const clock = new Intl.DateTimeFormat(DATES, { hour: "2-digit", minute: "2-digit" }).format(moment);
    element.textContent = element.dataset.style === "clock" ? clock : `${day}, ${clock}`;
  }
}

showLocalTimes(document);
