// The moving trace over the last ten seconds: tilt above, wink with its threshold below it, then the
// hip's path.
"use strict";

class MovingTrace extends Drawing {
  static SECONDS = 10;
  static LOW_DEG = -8;
  static HIGH_DEG = 26;
  static WINK_DEG = 20;
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
    const [tiltEnd, winkEnd] = [height * 0.46, height * 0.72];
    const now = this.samples.at(-1)?.time ?? 0;
    const x = (time) => width - ((now - time) / MovingTrace.SECONDS) * width;
    const y = (degrees) => tiltEnd - ((degrees - MovingTrace.LOW_DEG)
      / (MovingTrace.HIGH_DEG - MovingTrace.LOW_DEG)) * tiltEnd;
    const most = Math.max(MovingTrace.WINK_DEG, (this.threshold ?? 0) + 6);
    const wink = (degrees) => winkEnd - (Math.min(degrees, most) / most) * (winkEnd - tiltEnd - 12);
    const hip = (drop) => winkEnd + 14 + (Math.max(0, drop) / MovingTrace.DEEPEST) * (height - winkEnd - 18);

    this.area(pen, "drop", x, hip, hip(0), color("--hip"));
    this.area(pen, "wink", x, wink, wink(0), color("--wink-area"));
    this.rule(pen, width, y(0), color("--line"), [], 1);
    this.rule(pen, width, wink(0), color("--line"), [], 1);
    this.rule(pen, width, hip(0), color("--line"), [], 1);
    if (this.threshold !== null) this.rule(pen, width, wink(this.threshold), color("--wink"), [5, 4], 1);
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
    pen.fillText(_("wink"), 0, wink(0) - 4);
    if (this.threshold !== null) pen.fillText(_("threshold %(degrees)s°", { degrees: numberText(this.threshold) }), 0, wink(this.threshold) - 4);
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
