// Shows the placement as it changes. Words and places are made by the server.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const view = document.getElementById("placement");

function part(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function cell(name, className, ...content) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

function arrow(name) {
  const icon = part("svg", { class: "arrow", "aria-hidden": "true" });
  icon.append(part("use", { href: `#arrow-${name}` }));
  return icon;
}

function scale(row) {
  if (!row.zone_width) return "";
  const box = part("svg", { viewBox: "0 0 100 12", preserveAspectRatio: "none", "aria-hidden": "true" });
  box.append(
    part("rect", { class: "ground", y: 4, width: 100, height: 4 }),
    part("rect", { class: "zone", y: 4, height: 4, x: row.zone_from, width: row.zone_width }),
  );
  if (row.place !== null) box.append(part("rect", { class: "needle", y: 0, height: 12, width: 2, x: row.place - 1 }));
  return box;
}

function line(row) {
  const head = cell("th", "", cell("span", "name", row.name), cell("b", "", row.value));
  head.scope = "row";
  const state = row.ok === null ? "known" : row.ok ? "fine" : "off";
  return cell("tr", state, head, cell("td", "scale", scale(row)), cell("td", "wanted", row.wanted));
}

function showMoves(moves) {
  const list = document.getElementById("more");
  const shown = JSON.stringify(moves);
  if (list.dataset.shown === shown) return;
  list.dataset.shown = shown;
  list.hidden = moves.length === 0;
  list.replaceChildren(...moves.map((move) => cell("li", "", arrow(move.arrow), cell("span", "", move.text))));
}

function showPlan(plan) {
  document.getElementById("zone").setAttribute("d", plan.zone);
  const unit = document.getElementById("unit");
  unit.toggleAttribute("hidden", plan.unit_x === null);
  if (plan.unit_x === null) return;
  for (const [id, x, y] of [["sight", "x2", "y2"], ["dot", "cx", "cy"]]) {
    document.getElementById(id).setAttribute(x, plan.unit_x);
    document.getElementById(id).setAttribute(y, plan.unit_y);
  }
}

// One bit a pixel, highest bit first.
function paint(pen, shape, name, color) {
  const bits = atob(shape[name]);
  pen.fillStyle = color;
  for (let pixel = 0; pixel < shape.width_px * shape.height_px; pixel += 1) {
    if (bits.charCodeAt(pixel >> 3) & (128 >> (pixel & 7))) {
      pen.fillRect(pixel % shape.width_px, Math.floor(pixel / shape.width_px), 1, 1);
    }
  }
}

function showSeen(shape) {
  const canvas = document.getElementById("seen");
  canvas.hidden = shape === null;
  if (shape === null) return;
  canvas.width = shape.width_px;
  canvas.height = shape.height_px;
  const pen = canvas.getContext("2d");
  const style = getComputedStyle(canvas);
  paint(pen, shape, "near", style.getPropertyValue("--faint"));
  paint(pen, shape, "lifter", style.getPropertyValue("--ink"));
}

function show(state) {
  view.dataset.verdict = state.verdict;
  view.dataset.connected = state.connected ? "yes" : "no";
  document.getElementById("arrow").setAttribute("href", `#arrow-${state.arrow}`);
  setTexts(state);
  showMoves(state.more);
  showPlan(state.plan);
  document.querySelector("#rows tbody").replaceChildren(...state.rows.map(line));
  showTroubles(state.troubles);
  if ("silhouette" in state) showSeen(state.silhouette);
}

listen(view.dataset.stream, show);
