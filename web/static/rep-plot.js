// A rep's angles and its depth against time, in place of what the server drew: one cursor, one zoom.
"use strict";

class RepPlot {
  static HEIGHTS = { degrees: 230, depths: 120 };

  constructor(box, rep) {
    this.box = box;
    this.rep = rep;
    this.start = rep.trace.time_s[0];
    this.onPoint = () => {}; // told the moment that is pointed at, in seconds of the trace's clock
    const { trace } = rep;
    const times = trace.time_s.map((time) => time - this.start);
    this.sync = uPlot.sync(`rep-${this.start}`);
    this.plots = [
      this.plot("degrees", [times, trace.wink_deg, trace.anterior_pelvic_tilt_deg, trace.lumbar_flexion_deg], "°", [
        { label: _("Wink"), fill: this.color("--wink-area"), width: 0, value: RepPlot.told("°") },
        { label: _("Tilt"), stroke: this.color("--ink"), width: 2, value: RepPlot.told("°") },
        { label: _("Lumbar flexion"), stroke: this.color("--soft"), width: 1.6, dash: [6, 4], value: RepPlot.told("°") },
      ], [[0, _("neutral"), "--faint", []], ...(rep.verdict === "not_measured" ? [] : [[rep.threshold_deg, _("threshold"), "--wink", [6, 5]]])]),
      this.plot("depths", [times, trace.hip_above_knee_cm], " cm", [
        { label: _("Hip above parallel"), stroke: this.color("--ink"), width: 2, value: RepPlot.told(" cm") },
      ], [[0, _("parallel"), "--faint", []]]),
    ];
    for (const drawn of box.querySelectorAll(".drawn")) drawn.classList.add("on-paper");
    box.querySelector(".help").hidden = false;
    new ResizeObserver(() => this.resize()).observe(box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      for (const plot of this.plots) plot.redraw(false);
    });
  }

  // A function: the colour may change while the page is open.
  color(name) { return () => getComputedStyle(this.box).getPropertyValue(name).trim(); }

  plot(name, columns, unit, series, lines) {
    const place = this.box.querySelector(`.${name}`);
    place.hidden = false;
    const axis = { stroke: this.color("--soft"), grid: { stroke: this.color("--line"), width: 1 }, ticks: { show: false } };
    const values = columns.slice(1).flat().filter((value) => value !== null);
    const [low, high] = [...lines.map(([at]) => at), 0].reduce(
      ([least, most], at) => [Math.min(least, at), Math.max(most, at)], [Math.min(...values), Math.max(...values)],
    );
    const room = 0.08 * (high - low || 1);
    return new uPlot({
      width: this.box.clientWidth,
      height: RepPlot.HEIGHTS[name],
      scales: { x: { time: false }, y: { range: [low - room, high + room] } },
      axes: [
        { ...axis, size: 30, values: (plot, ticks) => ticks.map((tick) => `${numberText(tick, null)} s`) },
        { ...axis, size: 52, values: (plot, ticks) => ticks.map((tick) => `${numberText(tick, null)}${unit}`) },
      ],
      series: [{ label: _("Time"), value: (plot, value) => (value === null ? "–" : `${numberText(value, 2)} s`) }, ...series],
      cursor: { sync: { key: this.sync.key }, y: false, drag: { x: true, y: false }, points: { size: 7 } },
      legend: { markers: { dash: (plot, number) => (plot.series[number].dash ? "dashed" : "solid") } },
      hooks: { drawClear: [(plot) => this.rules(plot, lines)], ready: [(plot) => this.listen(plot)] },
    }, columns, place);
  }

  static told(unit) {
    return (plot, value) => (value === null ? "–" : `${numberText(value)}${unit}`);
  }

  // Neutral, threshold, parallel, and the bottom of the rep.
  rules(plot, lines) {
    const { ctx: pen, bbox } = plot;
    const ratio = devicePixelRatio || 1;
    pen.save();
    pen.font = `${11 * ratio}px ${getComputedStyle(this.box).fontFamily}`;
    for (const [value, text, color, dash] of lines) {
      const y = plot.valToPos(value, "y", true);
      pen.fillStyle = pen.strokeStyle = this.color(color)();
      this.rule(pen, [bbox.left, y], [bbox.left + bbox.width, y], dash.map((part) => part * ratio), 1.4 * ratio);
      pen.fillText(text, bbox.left + 4 * ratio, y - 4 * ratio);
    }
    const x = plot.valToPos(this.rep.bottom_s - this.start, "x", true);
    if (x > bbox.left && x < bbox.left + bbox.width) {
      pen.strokeStyle = this.color("--faint")();
      this.rule(pen, [x, bbox.top], [x, bbox.top + bbox.height], [2 * ratio, 3 * ratio], ratio);
    }
    pen.restore();
  }

  rule(pen, from, to, dash, width) {
    pen.setLineDash(dash);
    pen.lineWidth = width;
    pen.beginPath();
    pen.moveTo(...from);
    pen.lineTo(...to);
    pen.stroke();
  }

  listen(plot) {
    plot.over.addEventListener("mousemove", () => {
      if (plot.cursor.idx !== null) this.onPoint(this.rep.trace.time_s[plot.cursor.idx]);
    });
  }

  // Puts the cursor at a moment, as the replay comes to it. uPlot lays itself out a moment after it was made.
  show(moment) {
    if (this.plots.some((plot) => plot.status === 0)) { requestAnimationFrame(() => this.show(moment)); return; }
    for (const plot of this.plots) {
      plot.setCursor({ left: plot.valToPos(moment - this.start, "x"), top: 10 }, false, false);
    }
  }

  resize() {
    for (const [number, name] of ["degrees", "depths"].entries()) {
      const width = this.box.clientWidth;
      if (width && this.plots[number].width !== width) this.plots[number].setSize({ width, height: RepPlot.HEIGHTS[name] });
    }
  }
}
