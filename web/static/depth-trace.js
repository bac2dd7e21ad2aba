// Tilt above, wink with its threshold below, against the depth of the squat: this rep strong, the
// rep before faint. A wink is told from its own height, not from where the tilt is.
"use strict";

class DepthTrace extends Drawing {
  static DEEPEST = 0.65; // share of the standing hip height
  static LOW_DEG = -12;
  static HIGH_DEG = 24;
  static WINK_DEG = 20;
  static WINK_SHARE = 0.34; // of the height
  static MOST = 600; // samples of a rep; more is a pause

  constructor(canvas) {
    super(canvas);
    this.rep = [];
    this.before = []; // of the same lifter
    this.lifter = null;
    this.now = null;
    this.moving = false;
    this.threshold = null;
  }

  add(state) {
    if (state.lifter !== this.lifter) {
      this.lifter = state.lifter;
      this.rep = [];
      this.before = [];
    }
    const moving = ["descent", "bottom", "ascent"].includes(state.rack.phase);
    if (moving && !this.moving && this.rep.length) { this.before = this.rep; this.rep = []; }
    this.moving = moving;
    this.threshold = state.threshold_deg;
    this.now = { drop: state.hip_drop, tilt: state.tilt_deg, wink: state.wink_deg };
    if (moving && this.rep.length < DepthTrace.MOST) this.rep.push(this.now);
    this.redraw();
  }

  draw() {
    const { pen, width, height, color, family } = this.begin();
    const { low, high } = this.range();
    const bottom = height - 26;
    const split = bottom * (1 - DepthTrace.WINK_SHARE);
    const x = (drop) => 12 + (Math.min(Math.max(drop, 0), DepthTrace.DEEPEST) / DepthTrace.DEEPEST) * (width - 24);
    const y = (degrees) => 6 + ((high - degrees) / (high - low)) * (split - 12);
    const most = this.mostWink();
    const wink = (degrees) => bottom - (Math.min(degrees, most) / most) * (bottom - split - 4);
    const size = Math.max(14, Math.min(22, width / 24));
    pen.font = `${size}px ${family}`;
    pen.lineJoin = pen.lineCap = "round";

    this.wink(pen, this.rep, x, wink, color("--wink-area"));
    this.rule(pen, width, y(0), color("--faint"), [], 2);
    this.rule(pen, width, wink(0), color("--line"), [], 1);
    if (this.threshold !== null) this.rule(pen, width, wink(this.threshold), color("--wink"), [10, 8], 2);
    this.curve(pen, this.before, x, y, color("--line"), 4);
    this.curve(pen, this.rep, x, y, color("--ink"), 6);
    if (this.now && this.now.drop !== null && this.now.tilt !== null) {
      pen.fillStyle = color("--ink");
      pen.beginPath();
      pen.arc(x(this.now.drop), y(this.now.tilt), 11, 0, 7);
      pen.fill();
    }
    this.labels(pen, width, height, y, wink, size, color);
  }

  // The fixed range, or wider where the lifter goes beyond it.
  range() {
    const tilts = [...this.rep, ...this.before].map((sample) => sample.tilt).filter((tilt) => tilt !== null);
    return {
      low: Math.min(DepthTrace.LOW_DEG, ...tilts) - 2,
      high: Math.max(DepthTrace.HIGH_DEG, ...tilts) + 2,
    };
  }

  mostWink() {
    const winks = this.rep.map((sample) => sample.wink).filter((wink) => wink !== null);
    return Math.max(DepthTrace.WINK_DEG, (this.threshold ?? 0) + 6, ...winks);
  }

  curve(pen, samples, x, y, color, width) {
    pen.strokeStyle = color;
    pen.lineWidth = width;
    for (const run of Drawing.runs(samples, "tilt", "drop")) {
      pen.beginPath();
      for (const sample of run) pen.lineTo(x(sample.drop), y(sample.tilt));
      pen.stroke();
    }
  }

  wink(pen, samples, x, height, color) {
    pen.fillStyle = pen.strokeStyle = color;
    pen.lineWidth = 1;
    // One piece a step: the way up covers the way down instead of cutting it out.
    for (const run of Drawing.runs(samples, "wink", "drop")) {
      for (let index = 1; index < run.length; index += 1) {
        const [from, to] = [run[index - 1], run[index]];
        pen.beginPath();
        pen.moveTo(x(from.drop), height(0));
        pen.lineTo(x(from.drop), height(from.wink));
        pen.lineTo(x(to.drop), height(to.wink));
        pen.lineTo(x(to.drop), height(0));
        pen.fill();
        pen.stroke();
      }
    }
  }

  labels(pen, width, height, y, wink, size, color) {
    pen.fillStyle = color("--soft");
    pen.textAlign = "right";
    pen.fillText(_("neutral"), width, y(0) - 6);
    if (this.threshold !== null) {
      pen.fillStyle = color("--wink");
      pen.fillText(_("threshold %(degrees)s°", { degrees: numberText(this.threshold) }), width, wink(this.threshold) - 6);
    }
    pen.fillStyle = color("--soft");
    pen.fillText(_("deeper →"), width, height - 4);
    pen.textAlign = "left";
    pen.fillText(_("standing"), 0, height - 4);
    pen.fillText(_("↑ tilt forward"), 0, size);
    pen.fillText(_("wink"), 0, wink(this.threshold ?? DepthTrace.WINK_DEG) - 6);
  }
}
