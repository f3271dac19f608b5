// Which parts of a flow there are, and when each was done, by whom: from steps of the
// log, so that the map of any moment can be drawn without asking anybody.

const MOST_CELLS = 20000;
const JOURNAL = ["leased", "parked", "failed", "done"];

export class PartStore {
  constructor() {
    // A cell is a part of a large object, or an object of a pack; where there are too
    // many, all parts or objects of one: a group, which counts what is done of it.
    this.cells = [];
    this.units = [];
    this.segments = new Map();
    this.objects = new Map();
    this.workers = [];
    this.positions = [];
    this.after = 0;
    this.lastAt = null;
    // How often there was something new; the refusal, where nothing can be read.
    this.taken = 0;
    this.absent = null;
    this.counted = null;
  }

  take(page) {
    const all = [...page.objects.map((each) => [this.#object, each]), ...page.segments.map((each) => [this.#segment, each]),
      ...page.steps.map((each) => [this.#step, each])].sort((a, b) => a[1].position - b[1].position);
    for (const [how, each] of all) {
      how.call(this, each);
      this.positions.push(each.position);
    }
    this.after = page.position;
    this.taken += 1;
    if (all.length) this.counted = null;
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
    let [low, high] = [0, steps.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (steps[middle].position <= at) low = middle + 1;
      else high = middle;
    }
    return steps[low - 1] ?? null;
  }

  /** Counts at a position, and the same by worker; counted once. */
  counts(at) {
    if (this.counted?.at !== at) this.counted = { at, sum: this.#counts(at) };
    return this.counted.sum;
  }

  #counts(at) {
    const sum = { planned: 0, leased: 0, done: 0, failed: 0, bytes: 0, all: 0 };
    const workers = this.workers.map((name) => ({ name, done: 0, leased: 0, bytes: 0, last: null }));
    for (const cell of this.cells) {
      const state = this.stateOf(cell, at);
      if (!state) continue;
      if (cell.group) {
        this.#countGroup(cell, state, at, sum, workers);
        continue;
      }
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

  #countGroup({ group }, state, at, sum, workers) {
    let rest = group.of;
    for (const each of group.filled) {
      if (each.position > at) break;
      const by = workers[each.worker];
      by.done += each.number - each.failed;
      by.bytes += each.size;
      by.last = each.at;
      sum.done += each.number - each.failed;
      sum.failed += each.failed;
      sum.bytes += each.size;
      rest -= each.number;
    }
    sum.all += group.of;
    sum[state === "failed" ? "failed" : "planned"] += rest;
    // How many are in hand is not known: who has them is named all the same.
    if (state === "leased") workers[this.lastOf(group, at).worker].leased += 1;
  }

  #object(each) {
    const unit = { name: each.key, route: each.route, partSize: each.partSizeBytes, size: each.sizeBytes };
    this.objects.set(each.objectId, this.#unit(unit, each.parts, each.position));
  }

  #segment(each) {
    const segment = { id: each.segmentId, kind: each.kind, group: null, cells: [], filled: 0, steps: [] };
    this.segments.set(each.segmentId, segment);
    if (each.kind === "parts") {
      const unit = this.objects.get(each.objectId);
      segment.group = unit?.group ?? null;
      if (segment.group) return;
      segment.cells = unit ? this.cells.slice(unit.start + each.first - 1, unit.start + each.last) : [];
      for (const cell of segment.cells) cell.segment = segment;
    } else if (each.kind === "pack") {
      const unit = this.#unit({ name: `pack ${each.segmentId}`, pack: each.objects }, each.objects, each.position);
      segment.group = unit.group;
      if (segment.group) return;
      segment.cells = this.cells.slice(unit.start, unit.start + unit.count);
      for (const cell of segment.cells) cell.segment = segment;
    }
  }

  #unit(unit, count, position) {
    const room = this.cells.length + count <= MOST_CELLS;
    const group = room ? null : { of: count, done: 0, failed: 0, filled: [], seen: new Set(), held: new Map(), steps: [] };
    Object.assign(unit, { start: this.cells.length, count, group });
    this.units.push(unit);
    for (let number = 1; number <= (room ? count : 1); number += 1)
      this.cells.push({ unit, group, number, planned: position, done: Infinity, segment: group, worker: 0, failed: false, at: null });
    return unit;
  }

  #step(each) {
    const segment = this.segments.get(each.segmentId);
    if (!segment) return;
    this.lastAt = each.at;
    const worker = this.#worker(each.worker);
    if (segment.group) this.#stepOfGroup(segment, each, worker);
    else if (each.what === "part") this.#fill(segment.cells.find((cell) => cell.number === each.part), each, worker, each.sizeBytes);
    else if (each.what === "objects") this.#pack(segment, each, worker);
    else if (JOURNAL.includes(each.what))
      segment.steps.push({ position: each.position, what: each.what, worker, code: each.code, at: each.at });
  }

  #stepOfGroup(segment, each, worker) {
    const { group } = segment;
    if (each.what === "part") {
      // A part may be copied twice, and is one.
      if (!group.seen.has(each.part)) this.#fillGroup(group, each, worker, 1, 0);
      group.seen.add(each.part);
    } else if (each.what === "objects") this.#fillGroup(group, each, worker, each.objects, each.failed);
    else if (JOURNAL.includes(each.what)) {
      // While any of its segments is in hand, so is the whole.
      if (each.what === "leased") group.held.set(segment.id, worker);
      else group.held.delete(segment.id);
      const by = [...group.held.values()].at(-1);
      group.steps.push({ position: each.position, what: by === undefined ? each.what : "leased", worker: by ?? worker, code: each.code, at: each.at });
    }
  }

  #fillGroup(group, each, worker, number, failed) {
    group.filled.push({ position: each.position, at: each.at, worker, number, failed, size: each.sizeBytes });
    group.done += number;
    group.failed += failed;
    if (group.done < group.of) return;
    const cell = this.cells.find((one) => one.group === group);
    this.#fill(cell, each, worker, group.filled.reduce((sum, one) => sum + one.size, 0));
    cell.failed = group.failed > 0;
  }

  #pack(segment, each, worker) {
    segment.filled += each.objects;
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
