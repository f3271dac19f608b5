// The part map: a canvas for the eye, a slider through the parts for keys and readers.

import { h, put, say } from "./dom.js";
import { bytes, count, plural, time } from "./format.js";

const GAP = 1;
const SIZES = [22, 18, 15, 12, 10, 8, 7, 6, 5, 4, 3];
const TALLEST = 340;
const COLOURS = 8;
// What the box leaves around the canvas, for the ring of its focus.
const MARGIN = 6;

export class PartMap {
  constructor(store, signal) {
    this.store = store;
    this.at = Infinity;
    this.chosen = -1;
    this.hovered = -1;
    this.canvas = h("canvas", { tabIndex: 0, role: "slider", "aria-label": "Parts; arrow keys go from part to part", "aria-valuemin": "1" });
    this.detail = h("p", { class: "detail" });
    this.summary = h("p", { class: "summary", id: "map-summary" });
    this.legend = h("ul", { class: "legend" });
    this.by = h("select", { id: "map-by", onchange: () => this.draw() }, h("option", { value: "worker" }, "by worker"), h("option", { value: "time" }, "by time"));
    this.canvas.setAttribute("aria-describedby", "map-summary");
    this.box = h("div", { class: "map" }, this.canvas);
    this.element = h("section", { class: "card parts", "aria-labelledby": "map-title" },
      h("div", { class: "between" }, h("h2", { id: "map-title" }, "Parts"), h("label", { class: "by small faint" }, "Colour ", this.by)),
      this.summary, this.box, this.detail, this.legend);
    this.canvas.addEventListener("keydown", (event) => this.#key(event));
    this.canvas.addEventListener("pointermove", (event) => this.#hover(this.#cellAt(event)));
    this.canvas.addEventListener("pointerleave", () => this.#hover(-1));
    this.canvas.addEventListener("click", (event) => this.#choose(this.#cellAt(event)));
    const resized = new ResizeObserver(() => this.draw());
    resized.observe(this.box);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", () => { this.palette = null; this.draw(); }, { signal });
    signal.addEventListener("abort", () => resized.disconnect());
  }

  show(at) {
    this.at = at;
    this.draw();
  }

  draw() {
    this.box.hidden = this.store.cells.length === 0;
    this.#words();
    this.#paint();
  }

  #paint() {
    const { cells } = this.store;
    const width = this.box.clientWidth - 2 * MARGIN;
    if (width <= 0 || !cells.length) return;
    const size = SIZES.find((each) => Math.ceil(cells.length / Math.floor((width + GAP) / (each + GAP))) * (each + GAP) <= TALLEST) ?? SIZES.at(-1);
    this.size = size;
    this.columns = Math.max(1, Math.floor((width + GAP) / (size + GAP)));
    const rows = Math.ceil(cells.length / this.columns);
    const scale = devicePixelRatio || 1;
    const [wide, high] = [this.columns * (size + GAP), rows * (size + GAP)];
    if (this.canvas.width !== Math.round(wide * scale) || this.canvas.height !== Math.round(high * scale)) {
      this.canvas.width = Math.round(wide * scale);
      this.canvas.height = Math.round(high * scale);
      this.canvas.style.width = `${wide}px`;
      this.canvas.style.height = `${high}px`;
    }
    const ink = this.canvas.getContext("2d");
    ink.setTransform(scale, 0, 0, scale, 0, 0);
    ink.clearRect(0, 0, wide, high);
    const ages = this.by.value === "time" ? this.#ages() : null;
    cells.forEach((cell, index) => this.#cell(ink, cell, index, ages));
    for (const index of [this.hovered, this.chosen]) if (index >= 0) this.#outline(ink, index);
  }

  #cell(ink, cell, index, ages) {
    const state = this.store.stateOf(cell, this.at);
    if (!state) return;
    const colours = this.#colours();
    const [x, y] = this.#place(index);
    const { size } = this;
    ink.globalAlpha = 1;
    ink.fillStyle = colours.planned;
    ink.fillRect(x, y, size, size);
    if (state === "leased") {
      // Half a cell, so that it is not told by colour alone.
      ink.fillStyle = colours.leased;
      ink.fillRect(x, y + size / 2, size, size / 2);
    } else if (state === "failed") {
      ink.fillStyle = colours.failed;
      ink.fillRect(x, y, size, size);
      if (size >= 7) this.#cross(ink, x, y);
    } else if (state === "done") {
      ink.fillStyle = ages ? colours.workers[0] : colours.workers[cell.worker % COLOURS];
      if (ages) ink.globalAlpha = 0.25 + 0.75 * ((cell.done - ages.first) / (ages.last - ages.first || 1));
      ink.fillRect(x, y, size, size);
    }
    ink.globalAlpha = 1;
  }

  #cross(ink, x, y) {
    const { size } = this;
    ink.strokeStyle = this.#colours().surface;
    ink.lineWidth = 1.5;
    ink.beginPath();
    ink.moveTo(x + 2, y + 2);
    ink.lineTo(x + size - 2, y + size - 2);
    ink.moveTo(x + size - 2, y + 2);
    ink.lineTo(x + 2, y + size - 2);
    ink.stroke();
  }

  #outline(ink, index) {
    const [x, y] = this.#place(index);
    ink.strokeStyle = this.#colours().ink;
    ink.lineWidth = 2;
    ink.strokeRect(x + 1, y + 1, Math.max(1, this.size - 2), Math.max(1, this.size - 2));
  }

  #place(index) {
    const step = this.size + GAP;
    return [(index % this.columns) * step, Math.floor(index / this.columns) * step];
  }

  #ages() {
    const done = this.store.cells.filter((cell) => this.store.stateOf(cell, this.at) === "done").map((cell) => cell.done);
    return { first: done.reduce((a, b) => Math.min(a, b), Infinity), last: done.reduce((a, b) => Math.max(a, b), 0) };
  }

  #colours() {
    if (this.palette) return this.palette;
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(`--${name}`).trim();
    this.palette = { planned: of("cell-planned"), leased: of("cell-leased"), failed: of("cell-failed"), ink: of("ink"), surface: of("surface"),
      workers: Array.from({ length: COLOURS }, (_, n) => of(`worker-${n}`)) };
    return this.palette;
  }

  #words() {
    const sum = this.store.counts(this.at);
    const packs = this.store.units.some((unit) => unit.pack);
    const what = packs ? ["part or object", "parts and objects"] : ["part"];
    if (!sum.all) {
      say(this.summary, this.#nothing());
      put(this.legend);
      return;
    }
    const more = [sum.leased && `${count(sum.leased)} in work`, sum.failed && `${count(sum.failed)} failed`].filter(Boolean);
    say(this.summary, [`${count(sum.done)} of ${plural(sum.all, ...what)} done by ${plural(sum.workers.length, "worker")}`, ...more].join(", ") + ".");
    const item = (name, mark, text) => {
      const swatch = h("i", { class: `swatch ${mark}` });
      if (name !== null) swatch.style.background = this.#colours().workers[name % COLOURS];
      return h("li", {}, swatch, text);
    };
    put(this.legend, [
      ...sum.workers.map((each) => item(this.store.workers.indexOf(each.name), "", `${each.name}: ${count(each.done)}${each.bytes ? `, ${bytes(each.bytes)}` : ""}${each.last ? `, last ${time(each.last)}` : ""}`)),
      item(null, "leased", "in work"), item(null, "planned", "to do"), sum.failed ? item(null, "failed", "failed") : null,
    ]);
    this.canvas.setAttribute("aria-valuemax", String(this.store.cells.length));
    this.#tell(this.hovered >= 0 ? this.hovered : this.chosen);
  }

  #nothing() {
    const { absent, taken } = this.store;
    if (!absent) return taken ? "No parts are planned yet." : "…";
    return absent.status === 404 ? "The log does not hold the parts of this flow any more." : `The parts of this flow cannot be shown: ${absent.code}, ${absent.message}.`;
  }

  #tell(index) {
    const cell = this.store.cells[index];
    const text = cell ? this.#about(cell) : "Point at a part, or go there with the arrow keys.";
    say(this.detail, text);
    this.canvas.setAttribute("aria-valuenow", String(Math.max(1, index + 1)));
    this.canvas.setAttribute("aria-valuetext", cell ? text : this.summary.textContent);
  }

  #about(cell) {
    const { unit } = cell;
    const whole = cell.group && `All ${plural(unit.count, unit.pack ? "object" : "part")} of ${unit.name}`;
    const name = whole ?? (unit.pack ? `Object ${cell.number} of ${unit.name}` : `Part ${count(cell.number)} of ${count(unit.count)} of ${unit.name}`);
    const state = this.store.stateOf(cell, this.at);
    const worker = this.store.workers[cell.worker];
    if (state === "done") return `${name}: ${cell.adopted ? "found there and proven" : "copied"} by ${worker} at ${time(cell.at)}${cell.size ? `, ${bytes(cell.size)}` : ""}, position ${cell.done}.`;
    const last = this.store.lastOf(cell.segment, this.at);
    if (state === "leased") return `${name}: in the hands of ${this.store.workers[last.worker]} since ${time(last.at)}.`;
    if (state === "failed") return `${name}: failed${last?.code ? `, ${last.code}` : ""}. The report says why.`;
    return `${name}: ${last?.what === "parked" ? `put down (${last.code})` : "to do"}.`;
  }

  #hover(index) {
    if (index === this.hovered) return;
    this.hovered = index;
    this.#look();
  }

  #choose(index) {
    this.chosen = Math.min(this.store.cells.length - 1, Math.max(0, index));
    this.#look();
  }

  // Another part is looked at, nothing else has changed.
  #look() {
    this.#paint();
    this.#tell(this.hovered >= 0 ? this.hovered : this.chosen);
  }

  #cellAt(event) {
    const step = this.size + GAP;
    const index = Math.floor(event.offsetY / step) * this.columns + Math.floor(event.offsetX / step);
    return event.offsetX < this.columns * step && index < this.store.cells.length ? index : -1;
  }

  #key(event) {
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.columns, ArrowUp: -this.columns, PageDown: this.columns * 10, PageUp: -this.columns * 10, Home: -Infinity, End: Infinity };
    if (!(event.key in steps)) return;
    event.preventDefault();
    this.#choose(this.chosen < 0 && event.key !== "End" ? 0 : this.chosen + steps[event.key]);
  }
}
