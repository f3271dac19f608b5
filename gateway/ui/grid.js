// A long list of which only what can be seen is in the document, moved by arrow keys.

import { announce, h } from "./dom.js";

const SPARE = 8;

export class Grid {
  /** `row(item)` makes a row, `fill(row, item)` brings it up to date, `open(item)` acts. */
  constructor({ label, columns, row, fill, open, key }) {
    Object.assign(this, { row, fill, open, key });
    this.items = [];
    this.here = null;
    this.shown = new Map();
    this.long = h("div", { class: "long", role: "presentation" });
    this.window = h("div", { class: "window", role: "grid", tabIndex: 0, "aria-label": label, "aria-colcount": String(columns.length),
      onkeydown: (event) => this.#key(event), onclick: (event) => this.#click(event) }, this.long);
    this.window.addEventListener("scroll", () => this.#soon(), { passive: true });
    this.head = h("div", { class: "columns", "aria-hidden": "true" }, columns.map(([name, numeric]) => h("span", { class: numeric ? "num" : "" }, name)));
    this.resized = new ResizeObserver(() => { this.height = 0; this.#soon(); });
    this.resized.observe(this.window);
  }

  show(items) {
    this.items = items;
    this.window.setAttribute("aria-rowcount", String(items.length));
    this.#paint();
  }

  end() {
    this.resized.disconnect();
  }

  #soon() {
    this.frame ??= requestAnimationFrame(() => { this.frame = null; this.#paint(); });
  }

  #rowHeight() {
    if (!this.height) {
      const probe = this.shown.values().next().value;
      this.height = probe ? probe.offsetHeight : 0;
    }
    return this.height || 56;
  }

  #paint() {
    const height = this.#rowHeight();
    this.long.style.height = `${this.items.length * height}px`;
    const first = Math.max(0, Math.floor(this.window.scrollTop / height) - SPARE);
    const last = Math.min(this.items.length, Math.ceil((this.window.scrollTop + this.window.clientHeight) / height) + SPARE);
    const fresh = new Map();
    for (let index = first; index < last; index += 1) {
      const item = this.items[index];
      const key = this.key(item);
      const row = this.shown.get(key) ?? this.#made(item);
      this.fill(row, item);
      row.style.transform = `translateY(${index * height}px)`;
      row.setAttribute("aria-rowindex", String(index + 1));
      row.toggleAttribute("data-here", key === this.here);
      row.setAttribute("aria-selected", String(key === this.here));
      fresh.set(key, row);
    }
    for (const [key, row] of this.shown) if (!fresh.has(key)) row.remove();
    for (const [key, row] of fresh) if (!this.shown.has(key)) this.long.append(row);
    this.shown = fresh;
    if (!this.height && fresh.size && this.#rowHeight() !== height) this.#paint();
    const here = this.shown.get(this.here);
    if (here) this.window.setAttribute("aria-activedescendant", here.id);
    else this.window.removeAttribute("aria-activedescendant");
  }

  #made(item) {
    const row = this.row(item);
    row.id = `row-${(Grid.made = (Grid.made ?? 0) + 1)}`;
    row.setAttribute("role", "row");
    row.dataset.key = this.key(item);
    return row;
  }

  #key(event) {
    const page = Math.max(1, Math.floor(this.window.clientHeight / this.#rowHeight()) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    const at = this.items.findIndex((item) => this.key(item) === this.here);
    if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      this.open(this.items[at]);
    } else if (event.key in steps && this.items.length) {
      event.preventDefault();
      const to = at < 0 && event.key !== "End" ? 0 : at + steps[event.key];
      this.#go(Math.min(this.items.length - 1, Math.max(0, to)));
    }
  }

  #go(index) {
    const height = this.#rowHeight();
    const { scrollTop, clientHeight } = this.window;
    this.here = this.key(this.items[index]);
    if (index * height < scrollTop) this.window.scrollTop = index * height;
    if ((index + 1) * height > scrollTop + clientHeight) this.window.scrollTop = (index + 1) * height - clientHeight;
    this.#paint();
    announce(this.shown.get(this.here)?.getAttribute("aria-label") ?? "");
  }

  #click(event) {
    const row = event.target.closest("[data-key]");
    if (!row || event.target.closest("a") || getSelection().toString()) return;
    const item = this.items.find((each) => this.key(each) === row.dataset.key);
    if (item) this.open(item);
  }
}
