// The bar through time: from a flow's first event to its last, by positions of the log.

import { h, say } from "./dom.js";
import { count, plural } from "./format.js";

export class Scrub {
  /** `onMove(position)`: somewhere in the past; `onMove(null)`: back to now. */
  constructor(onMove) {
    this.onMove = onMove;
    this.positions = [];
    this.at = null;
    this.absent = null;
    this.range = h("input", { type: "range", min: "0", max: "0", step: "1", value: "0", disabled: true, id: "scrub", "aria-label": "Moment in the flow’s history",
      oninput: () => this.#to(Number(this.range.value)) });
    this.back = h("button", { "aria-label": "One event back", onclick: () => this.#step(-1) }, "‹");
    this.on = h("button", { "aria-label": "One event on", onclick: () => this.#step(1) }, "›");
    this.now = h("button", { class: "now", onclick: () => this.#to(this.positions.length - 1) }, "Now");
    this.words = h("output", { for: "scrub", class: "small num" });
    this.marks = h("div", { class: "marks", "aria-hidden": "true" });
    this.element = h("section", { class: "card scrub", "aria-label": "Time" }, this.back, h("div", { class: "track" }, this.range, this.marks), this.on, this.now, this.words);
  }

  /** The positions of the flow's events that are known, in order; why others are not. */
  know(positions, phases, absent) {
    this.positions = positions;
    this.absent = absent;
    this.range.disabled = positions.length < 2;
    this.range.max = String(Math.max(0, positions.length - 1));
    const index = this.at === null ? positions.length - 1 : this.#index(this.at);
    this.range.value = String(Math.max(0, index));
    this.marks.replaceChildren(...phases.map((phase) => {
      const mark = h("i", {});
      mark.style.left = `${(100 * this.#index(phase.position)) / Math.max(1, positions.length - 1)}%`;
      return mark;
    }));
    this.#show();
  }

  /** Go to a position; that of the last event is now. */
  go(position) {
    this.#to(this.#index(position));
  }

  tell(text) {
    this.told = text;
    this.#show();
  }

  #index(position) {
    let [low, high] = [0, this.positions.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.positions[middle] <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #step(by) {
    const index = this.at === null ? this.positions.length - 1 : this.#index(this.at);
    this.#to(index + by);
  }

  #to(index) {
    const kept = Math.min(this.positions.length - 1, Math.max(0, index));
    this.at = kept >= this.positions.length - 1 ? null : this.positions[kept];
    this.told = "";
    this.range.value = String(kept);
    this.#show();
    this.onMove(this.at);
  }

  #show() {
    const past = this.at !== null;
    const index = past ? this.#index(this.at) : this.positions.length - 1;
    this.element.toggleAttribute("data-past", past);
    this.now.disabled = !past;
    this.back.disabled = index <= 0;
    this.on.disabled = !past;
    const where = past ? `event ${count(index + 1)} of ${count(this.positions.length)}, position ${this.at}` : `now, after ${plural(this.positions.length, "event")}`;
    const words = [where, past && this.told, this.absent && `no history: ${this.absent.code}, ${this.absent.message}`];
    say(this.words, words.filter(Boolean).join(" · "));
    this.range.setAttribute("aria-valuetext", this.words.textContent);
  }
}
