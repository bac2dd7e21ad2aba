// Moves a stick figure that the server drew through its rep. Each line says which joints it goes through.
"use strict";

const LONGEST_GAP_S = 0.3; // between two samples; nobody was seen in a longer one
const SIDE_AXIS = 0; // ahead
const BEHIND_AXIS = 2; // to the right

class Replay {
  constructor(box, rep) {
    this.rep = rep;
    this.figure = box.querySelector(".figure");
    this.controls = box.querySelector(".replay-controls");
    this.button = this.controls.querySelector("button");
    this.slider = this.controls.querySelector("[type=range]");
    this.slow = this.controls.querySelector("[type=checkbox]");
    this.said = this.controls.querySelector("output");
    this.times = rep.skeleton.time_s;
    this.start = this.times[0];
    this.slider.max = (this.times.at(-1) - this.start).toFixed(2);
    this.playing = false;
    this.onMove = () => {}; // told the moment, in seconds of the trace's clock
    this.button.addEventListener("click", () => (this.playing ? this.pause() : this.play()));
    this.slider.addEventListener("input", () => { this.pause(); this.show(this.start + Number(this.slider.value)); });
    box.querySelector(".still").hidden = true;
    this.controls.hidden = false;
    this.show(rep.bottom_s);
  }

  play() {
    this.playing = true;
    this.button.textContent = _("Pause");
    let moment = Number(this.slider.value);
    if (moment >= Number(this.slider.max)) moment = 0;
    let before = null;
    const step = (now) => {
      if (!this.playing) { this.button.textContent = _("Play"); return; }
      if (before !== null) moment += ((now - before) / 1000) * (this.slow.checked ? 0.25 : 1);
      before = now;
      if (moment >= Number(this.slider.max)) this.playing = false;
      this.show(this.start + moment);
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  pause() { this.playing = false; }

  show(moment) {
    const last = this.times.at(-1);
    this.moment = Math.min(Math.max(moment, this.start), last);
    this.slider.value = (this.moment - this.start).toFixed(2);
    const { tilt, wink } = this.angles();
    const winked = this.rep.verdict !== "not_measured" && wink !== null && wink > this.rep.threshold_deg;
    this.figure.classList.toggle("winked", winked);
    for (const view of this.figure.querySelectorAll("g")) this.draw(view, tilt);
    this.said.textContent = this.sentence(tilt, wink, winked);
    this.onMove(this.moment);
  }

  // Tilt and wink of the frame nearest to the moment; null: not measured.
  angles() {
    const { time_s: times, anterior_pelvic_tilt_deg: tilts, wink_deg: winks } = this.rep.trace;
    let nearest = 0;
    for (let i = 1; i < times.length; i += 1) {
      if (Math.abs(times[i] - this.moment) < Math.abs(times[nearest] - this.moment)) nearest = i;
    }
    return { tilt: tilts[nearest], wink: winks[nearest] };
  }

  sentence(tilt, wink, winked) {
    const parts = [`${numberText(this.moment - this.start, 1)} s`];
    if (tilt === null) parts.push(_("pelvis not measured"));
    else parts.push(_("tilt %(degrees)s°", { degrees: numberText(tilt) }));
    if (wink !== null) {
      const degrees = numberText(wink);
      parts.push(winked ? _("wink %(degrees)s°, past the threshold", { degrees }) : _("wink %(degrees)s°", { degrees }));
    }
    return parts.join(" · ");
  }

  draw(view, tilt) {
    const side = view.classList.contains("side");
    const hips = this.place(view, "left_hip/right_hip");
    for (const line of view.querySelectorAll("[data-joints]")) {
      line.setAttribute("d", Replay.path(line.dataset.joints.split(" ").map((spec) => this.place(view, spec))));
    }
    const head = view.querySelector(".head");
    const ears = this.place(view, "left_ear/right_ear");
    head.setAttribute("visibility", ears ? "visible" : "hidden");
    if (ears) { head.setAttribute("cx", ears[0]); head.setAttribute("cy", ears[1]); }
    const { bar, beside } = this.figure.dataset;
    const lean = ((tilt ?? 0) * Math.PI) / 180;
    const up = (angle) => hips && [hips[0] + bar * Math.sin(angle), hips[1] - bar * Math.cos(angle)];
    if (side) view.querySelector(".upright").setAttribute("d", Replay.path([hips, up(0)]));
    const ends = side ? [hips, up(lean)] : ["left_hip", "right_hip"].map((name) => this.place(view, name));
    view.querySelector(".pelvis").setAttribute("d", tilt === null ? "" : Replay.path(ends));
    const mark = hips && (side ? [hips[0] - beside, hips[1]] : [hips[0], hips[1] + Number(beside)]);
    if (mark) view.querySelector(".mark-of-wink").setAttribute("transform", `translate(${mark[0]} ${mark[1]})`);
  }

  // Where a joint, or the middle of 'a/b', lies in a view; null where it is not known.
  place(view, spec) {
    const places = spec.split("/").map((name) => this.joint(name));
    if (places.includes(null)) return null;
    const mean = (axis) => places.reduce((sum, place) => sum + place[axis], 0) / places.length;
    const across = mean(view.classList.contains("side") ? SIDE_AXIS : BEHIND_AXIS);
    const { scale } = this.figure.dataset;
    return [Number(view.dataset.x) + scale * across, view.dataset.y - scale * mean(1)];
  }

  // Between the two samples around the moment.
  joint(name) {
    let after = this.times.findIndex((time) => time >= this.moment);
    if (after < 1) after = 1;
    if (this.times[after] - this.times[after - 1] > LONGEST_GAP_S) return null;
    const [a, b] = [this.rep.skeleton.joints[name][after - 1], this.rep.skeleton.joints[name][after]];
    if (!a || !b) return a ?? b ?? null;
    const share = (this.moment - this.times[after - 1]) / (this.times[after] - this.times[after - 1]);
    return a.map((value, axis) => value + share * (b[axis] - value));
  }

  static path(points) {
    let path = "";
    let down = false;
    for (const point of points) {
      if (point) path += `${down ? "L" : "M"}${point[0].toFixed(1)} ${point[1].toFixed(1)}`;
      down = Boolean(point);
    }
    return path;
  }
}
