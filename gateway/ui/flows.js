// The list of flows: one request, then only what has changed.

import { get, keepLooking, lagging } from "./api.js";
import { h, put, say } from "./dom.js";
import { ago, bytes, count, left, NONE, plural, rate } from "./format.js";
import { Grid } from "./grid.js";
import { refused } from "./refused.js";
import { KINDS, stateOf } from "./states.js";
import { turns } from "./turns.js";

const PAGE = 1000;
const COLUMNS = [["State"], ["Flow"], ["Progress"], ["Rate", true], ["Time left", true], ["Changed", true]];
// What was looked for is kept while one reads about a flow and comes back.
const wanted = { kind: "", text: "" };

export async function flows(main, signal) {
  const known = new Map();
  const seen = { position: null, next: null, oldest: 0, states: {} };
  const turn = turns();
  const parts = layout(() => draw(), () => older());
  put(main, ...parts.all);
  document.title = "Flows · Waybill";
  signal.addEventListener("abort", () => parts.grid.end());
  addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.matches("input")) { event.preventDefault(); parts.find.focus(); }
  }, { signal });

  async function older() {
    parts.more.disabled = true;
    try {
      await turn(async () => grow(await get("management/board", { before: seen.next, limit: PAGE }, signal)));
      put(parts.wrong);
    } catch (error) {
      if (!signal.aborted) put(parts.wrong, refused(error));
    } finally {
      parts.more.disabled = false;
    }
  }

  // Below what is known, so that changes are asked for of these too.
  function grow(board) {
    seen.next = board.next;
    seen.oldest = board.flows.at(-1)?.place ?? seen.oldest;
    take(board);
  }

  function take(board) {
    for (const flow of board.flows) known.set(flow.dataFlowId, keyed(flow));
    seen.states = board.states;
    lagging(board.lag);
    draw();
  }

  async function look() {
    if (seen.position === null) {
      const board = await get("management/board", { limit: PAGE }, signal);
      seen.position = board.position;
      grow(board);
    } else await changes();
  }

  // The position of the first answer: what changes while the others are read is told again.
  async function changes() {
    let [position, before] = [null, null];
    do {
      const board = await get("management/board", { since: seen.position, oldest: seen.oldest, before, limit: 5000 }, signal);
      position ??= board.position;
      before = board.next;
      take(board);
    } while (before !== null);
    seen.position = position;
  }

  function draw() {
    const all = [...known.values()].sort((a, b) => b.place - a.place);
    const found = all.filter(matches);
    parts.grid.show(found);
    parts.show(all, found, seen);
  }

  await keepLooking(signal, () => turn(look));
}

function keyed(flow) {
  const { kind, label } = stateOf(flow);
  const text = [flow.dataFlowId, flow.source, flow.destination, flow.counterPartyId, flow.participantId,
    flow.agreementId, flow.datasetId, flow.errorCode, flow.errorDetail, label].filter(Boolean).join("\n").toLowerCase();
  return { ...flow, kind, label, text };
}

function matches(flow) {
  return (!wanted.kind || flow.kind === wanted.kind) && wanted.text.toLowerCase().split(/\s+/).every((word) => flow.text.includes(word));
}

function layout(draw, older) {
  const sums = Object.fromEntries(["Flows", "Copying", "Rate", "Failed"].map((name) => [name, h("dd", {}, NONE)]));
  const find = h("input", { type: "search", id: "find", value: wanted.text, autocomplete: "off", placeholder: "Find by id, place, partner, code…  /",
    oninput: (event) => { wanted.text = event.target.value; draw(); } });
  const counts = new Map();
  const chips = h("fieldset", { class: "chips" }, h("legend", { class: "unseen" }, "State"), KINDS.map(([kind, label]) => {
    const number = h("b", {});
    counts.set(kind, number);
    return h("label", {}, h("input", { type: "radio", name: "kind", value: kind, checked: kind === wanted.kind,
      onchange: () => { wanted.kind = kind; draw(); } }), label, number);
  }));
  const grid = new Grid({ label: "Flows: arrow keys move, Enter opens", columns: COLUMNS, row: makeRow, fill: fillRow, key: (flow) => flow.dataFlowId,
    open: (flow) => { location.hash = address(flow); } });
  const told = h("span", { class: "note", "aria-live": "polite" }, "loading…");
  const more = h("button", { class: "plain", hidden: true, onclick: older }, "Load older flows");
  const wrong = h("div", {});
  const empty = h("p", { class: "empty", hidden: true }, "No flow is like this.");
  const all = [
    h("h1", { class: "unseen" }, "Flows"),
    h("dl", { class: "sums" }, Object.entries(sums).map(([name, value]) => h("div", {}, h("dt", {}, name), value))),
    h("div", { class: "filters" }, h("div", { class: "find", role: "search" }, h("label", { for: "find", class: "unseen" }, "Find flows"), find), chips),
    h("div", { class: "card flows" }, grid.head, empty, grid.window, h("div", { class: "foot" }, told, more), wrong),
  ];
  return { all, grid, find, more, wrong, show: (flows, found, seen) => {
    const total = Object.values(seen.states).reduce((sum, each) => sum + each, 0);
    const moving = flows.filter((flow) => flow.kind === "moving");
    const pace = moving.reduce((sum, flow) => sum + (flow.bytesPerSecond ?? 0), 0);
    say(sums.Flows, count(total));
    say(sums.Copying, count(moving.length));
    say(sums.Rate, pace ? rate(pace) : NONE);
    const tally = new Map([["", flows.length]]);
    for (const flow of flows) tally.set(flow.kind, (tally.get(flow.kind) ?? 0) + 1);
    say(sums.Failed, count(tally.get("failed") ?? 0));
    for (const [kind, number] of counts) say(number, count(tally.get(kind) ?? 0));
    say(told, found.length === flows.length ? plural(found.length, "flow") : `${count(found.length)} of ${plural(flows.length, "flow")}`);
    more.hidden = seen.next === null;
    empty.hidden = found.length > 0;
    grid.window.hidden = found.length === 0;
  } };
}

function address(flow) {
  return `#/flow/${encodeURIComponent(flow.dataFlowId)}`;
}

function makeRow(flow) {
  const cell = (...inside) => h("div", { role: "gridcell" }, ...inside);
  const link = h("a", { href: address(flow), tabIndex: -1 }, flow.dataFlowId);
  const row = h("div", { class: "row" },
    cell(h("span", { class: "pill" })),
    h("div", { role: "gridcell", class: "name" }, link, h("span", {})),
    h("div", { role: "gridcell", class: "meter" }, h("div", { class: "bar" }, h("i", {})), h("span", {})),
    h("div", { role: "gridcell", class: "num" }), h("div", { role: "gridcell", class: "num" }), h("div", { role: "gridcell", class: "num faint" }));
  row.dataset.flow = flow.dataFlowId;
  return row;
}

function fillRow(row, flow) {
  const [state, name, meter, pace, time, changed] = row.children;
  row.dataset.kind = flow.kind;
  state.firstChild.dataset.kind = flow.kind;
  say(state.firstChild, flow.label);
  const route = [flow.source, flow.destination].map((place) => place || "?").join(" → ");
  say(name.lastChild, flow.errorCode ? `${flow.errorCode} · ${route}` : route);
  name.title = `${flow.dataFlowId}\n${route}`;
  const percent = flow.percent ?? (flow.kind === "done" ? 100 : 0);
  meter.firstChild.firstChild.style.width = `${percent}%`;
  const words = meterWords(flow);
  say(meter.lastChild, words);
  say(pace, rate(flow.bytesPerSecond));
  say(time, left(flow.timeLeft));
  say(changed, ago(flow.changedAt));
  row.setAttribute("aria-label", `${flow.dataFlowId}, ${flow.label}, ${words}${flow.timeLeft ? `, ${left(flow.timeLeft)} left` : ""}`);
}

function meterWords(flow) {
  if (flow.percent === null && !flow.objectsTotal) return NONE;
  const percent = flow.percent === null ? "" : `${flow.percent < 100 ? flow.percent.toFixed(flow.percent < 10 ? 1 : 0) : 100} % of `;
  return `${percent}${flow.bytesTotal ? bytes(flow.bytesTotal) : plural(flow.objectsTotal, "object")}`;
}
