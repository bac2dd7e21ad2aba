// What every moving drawing does alike: drawn once a frame at most, sharp on any screen, in the page's colours.
"use strict";

class Drawing {
  constructor(canvas) {
    this.canvas = canvas;
    this.waiting = false;
    new ResizeObserver(() => this.redraw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
  }

  // Soon; asking again before that costs nothing.
  redraw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.draw(); });
  }

  // An empty canvas: a pen that counts in the page's pixels, the size in them, and the page's colours by name.
  begin() {
    const ratio = devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const style = getComputedStyle(this.canvas);
    const color = (name) => style.getPropertyValue(name).trim();
    return { pen, width, height, color, family: style.fontFamily };
  }

  rule(pen, width, y, color, dash, thickness) {
    pen.strokeStyle = color;
    pen.lineWidth = thickness;
    pen.setLineDash(dash);
    pen.beginPath();
    pen.moveTo(0, y);
    pen.lineTo(width, y);
    pen.stroke();
    pen.setLineDash([]);
  }

  // Stretches of samples in which all these are known: what was not measured is not drawn.
  static runs(samples, ...names) {
    const runs = [];
    let open = null;
    for (const sample of samples) {
      if (names.some((name) => sample[name] === null)) { open = null; continue; }
      if (!open) runs.push(open = []);
      open.push(sample);
    }
    return runs.filter((run) => run.length > 1);
  }
}
