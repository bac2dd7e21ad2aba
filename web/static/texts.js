// What the scripts say, in the page's language: the server puts the translations into the page.
"use strict";

const TEXTS = JSON.parse(document.getElementById("texts")?.textContent ?? "{}");

// The text for an English one, with each %(name)s filled in; %% is a percent sign.
function _(english, values = {}) {
  return (TEXTS[english] ?? english)
    .replace(/%\((\w+)\)s/g, (hole, name) => values[name])
    .replaceAll("%%", "%");
}

// A number with so many digits (null: as many as it has), a true minus and the language's decimal mark.
function numberText(value, digits = 0) {
  const text = digits === null ? String(value) : value.toFixed(digits);
  const sign = text.startsWith("-") && Number(text) !== 0 ? "−" : "";
  return sign + text.replace("-", "").replace(".", TEXTS["."] ?? ".");
}
