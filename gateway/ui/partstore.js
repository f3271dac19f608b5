// Which parts of a flow there are, and when each was done, by whom: from steps of the
// log, so that the map of any moment can be drawn without asking anybody.

const MOST_CELLS = 20000;

export class PartStore {
  constructor() {
    // A cell is a part of a large object, or an object of a pack (or a whole pack).
    this.cells = [];
    this.units = [];
    this.segments = new Map();
    this.objects = new Map();
    this.workers = [];
    this.positions = [];
    this.after = 0;
    this.lastAt = null;
    this.absent = false;
  }

  take(page) {
    const all = [...page.objects.map((each) => [this.#object, each]), ...page.segments.map((each) => [this.#segment, each]),
      ...page.steps.map((each) => [this.#step, each])].sort((a, b) => a[1].position - b[1].position);
    for (const [how, each] of all) {
      how.call(this, each);
      this.positions.push(each.position);
    }
    this.after = page.position;
  }

  /** What a cell is at a position of the log: planned, leased, done or failed; or null. */
  stateOf(cell, at) {
    if (cell.planned > at) return null;
    if (cell.done !== Infinity && cell.done <= at) return cell.failed ? "failed" : "done";
    const last = this.lastOf(cell.segment, at);
    if (last?.what === "leased") return "leased";
    return last?.what === "failed" ? "failed" : "planned";
  }

  lastOf(segment, at) {
    const steps = segment?.steps ?? [];
    let last = null;
    for (const each of steps) {
      if (each.position > at) break;
      last = each;
    }
    return last;
  }

  /** Counts at a position, and the same by worker. */
  counts(at) {
    const sum = { planned: 0, leased: 0, done: 0, failed: 0, bytes: 0, all: 0 };
    const workers = this.workers.map((name) => ({ name, done: 0, leased: 0, bytes: 0, last: null }));
    for (const cell of this.cells) {
      const state = this.stateOf(cell, at);
      if (!state) continue;
      sum.all += 1;
      sum[state] += 1;
      if (state === "done") {
        const by = workers[cell.worker];
        by.done += 1;
        by.bytes += cell.size ?? 0;
        by.last = cell.at;
        sum.bytes += cell.size ?? 0;
      } else if (state === "leased") workers[this.lastOf(cell.segment, at).worker].leased += 1;
    }
    return { ...sum, workers: workers.filter((each) => each.done || each.leased) };
  }

  #object(each) {
    const unit = { name: each.key, route: each.route, partSize: each.partSizeBytes, size: each.sizeBytes };
    this.objects.set(each.objectId, this.#unit(unit, each.parts, each.position));
  }

  #segment(each) {
    const segment = { id: each.segmentId, kind: each.kind, cells: [], filled: 0, steps: [] };
    this.segments.set(each.segmentId, segment);
    if (each.kind === "parts") {
      const unit = this.objects.get(each.objectId);
      segment.cells = unit ? this.cells.slice(unit.start + each.first - 1, unit.start + each.last) : [];
      for (const cell of segment.cells) cell.segment = segment;
    } else if (each.kind === "pack") {
      const room = this.cells.length + each.objects <= MOST_CELLS;
      const unit = this.#unit({ name: `pack ${each.segmentId}`, pack: each.objects }, room ? each.objects : 1, each.position);
      segment.cells = this.cells.slice(unit.start, unit.start + unit.count);
      for (const cell of segment.cells) cell.segment = segment;
    }
  }

  #unit(unit, count, position) {
    Object.assign(unit, { start: this.cells.length, count });
    this.units.push(unit);
    for (let number = 1; number <= count; number += 1)
      this.cells.push({ unit, number, planned: position, done: Infinity, segment: null, worker: 0, failed: false, at: null });
    return unit;
  }

  #step(each) {
    const segment = this.segments.get(each.segmentId);
    if (!segment) return;
    this.lastAt = each.at;
    const worker = this.#worker(each.worker);
    if (each.what === "part") this.#fill(segment.cells.find((cell) => cell.number === each.part), each, worker, each.sizeBytes);
    else if (each.what === "objects") this.#pack(segment, each, worker);
    else if (["leased", "parked", "failed", "done"].includes(each.what))
      segment.steps.push({ position: each.position, what: each.what, worker, code: each.code, at: each.at });
  }

  #pack(segment, each, worker) {
    const grouped = segment.cells.length === 1 && segment.cells[0].unit.pack > 1;
    segment.filled += each.objects;
    if (grouped) {
      if (segment.filled >= segment.cells[0].unit.pack) this.#fill(segment.cells[0], each, worker, each.sizeBytes);
      return;
    }
    const from = segment.filled - each.objects;
    for (let index = from; index < segment.filled; index += 1) {
      const cell = segment.cells[index];
      this.#fill(cell, each, worker, each.sizeBytes / each.objects);
      // Which of them failed is told by the report: the last ones stand for them.
      if (cell && index >= segment.filled - each.failed) cell.failed = true;
    }
  }

  #fill(cell, step, worker, size) {
    if (!cell || cell.done <= step.position) return;
    Object.assign(cell, { done: step.position, at: step.at, worker, size, adopted: step.adopted });
  }

  #worker(name) {
    const at = this.workers.indexOf(name);
    return at >= 0 ? at : this.workers.push(name) - 1;
  }
}
