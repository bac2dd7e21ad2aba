// The moving trace: tilt and wink above, the hip's path below, over the last ten seconds.
"use strict";

class MovingTrace extends Drawing {
  static SECONDS = 10;
  static LOW_DEG = -8;
  static HIGH_DEG = 20;
  static DEEPEST = 0.65;

  constructor(canvas) {
    super(canvas);
    this.samples = [];
    this.threshold = null;
  }

  add(state) {
    if (state.time_s === null) return;
    const last = this.samples.at(-1);
    if (last && state.time_s < last.time) this.samples = []; // the camera's clock began anew
    this.threshold = state.threshold_deg;
    this.samples.push({
      time: state.time_s, tilt: state.tilt_deg, wink: state.wink_deg, drop: state.hip_drop,
    });
    const oldest = state.time_s - MovingTrace.SECONDS;
    while (this.samples.length && this.samples[0].time < oldest) this.samples.shift();
    this.redraw();
  }

  draw() {
    const { pen, width, height, color, family } = this.begin();
    const split = height * 0.64;
    const now = this.samples.at(-1)?.time ?? 0;
    const x = (time) => width - ((now - time) / MovingTrace.SECONDS) * width;
    const y = (degrees) => split - ((degrees - MovingTrace.LOW_DEG)
      / (MovingTrace.HIGH_DEG - MovingTrace.LOW_DEG)) * split;
    const hip = (drop) => split + 14 + (Math.max(0, drop) / MovingTrace.DEEPEST) * (height - split - 18);

    this.area(pen, "drop", x, hip, hip(0), color("--hip"));
    this.area(pen, "wink", x, y, y(0), color("--wink-area"));
    this.rule(pen, width, y(0), color("--line"), [], 1);
    this.rule(pen, width, hip(0), color("--line"), [], 1);
    if (this.threshold !== null) this.rule(pen, width, y(this.threshold), color("--wink"), [5, 4], 1);
    pen.strokeStyle = color("--ink");
    pen.lineWidth = 2;
    pen.lineJoin = "round";
    for (const run of Drawing.runs(this.samples, "tilt")) {
      pen.beginPath();
      for (const sample of run) pen.lineTo(x(sample.time), y(sample.tilt));
      pen.stroke();
    }
    pen.fillStyle = color("--faint");
    pen.font = `11px ${family}`;
    pen.fillText(_("neutral"), 0, y(0) - 4);
    pen.fillText(_("hip standing"), 0, hip(0) - 4);
    if (this.threshold !== null) pen.fillText(_("threshold %(degrees)s°", { degrees: numberText(this.threshold) }), 0, y(this.threshold) - 4);
  }

  area(pen, name, x, y, base, color) {
    pen.fillStyle = color;
    for (const run of Drawing.runs(this.samples, name)) {
      pen.beginPath();
      pen.moveTo(x(run[0].time), base);
      for (const sample of run) pen.lineTo(x(sample.time), y(sample[name]));
      pen.lineTo(x(run.at(-1).time), base);
      pen.fill();
    }
  }
}
