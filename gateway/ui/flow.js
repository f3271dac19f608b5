// One flow: what it is at, its parts, its past, and what may be told to it.

import { flowPath, following, get, keepLooking, lagging, Refusal } from "./api.js";
import { controls } from "./controls.js";
import { facts, h, put, say } from "./dom.js";
import { ago, time } from "./format.js";
import { PartMap } from "./partmap.js";
import { PartStore } from "./partstore.js";
import { progressPanel } from "./progress.js";
import { Scrub } from "./scrub.js";
import { isFinal, stateOf } from "./states.js";
import { tabs } from "./tabs.js";
import { timelinePanel } from "./timeline.js";
import { turns } from "./turns.js";

const PAGE = 5000;
const CALM = 5000;
const TALL = 500;

export default async function flow(main, signal, id) {
  const seen = { flow: null, progress: null, timeline: null, at: null, events: [], after: 0, absent: null, turn: 0 };
  const store = new PartStore();
  const map = new PartMap(store, signal);
  const scrub = new Scrub((position) => moveTo(position));
  const head = header(id);
  const told = controls(id, () => look(signal));
  const progress = progressPanel();
  const timeline = timelinePanel((position) => scrub.go(position));
  const more = tabs(id, signal, (position) => scrub.go(position), () => seen.at);
  document.title = `${id} · Waybill`;
  const [left, right] = [h("div", { class: "stack" }, progress.element, map.element), h("div", { class: "stack" }, timeline.element)];
  put(main, h("div", { class: "flowpage" }, h("div", { class: "flowhead" }, head.element, told.element), scrub.element,
    h("div", { class: "two" }, left, right), head.about, more.element));
  const turn = turns();
  let moving = new AbortController();
  await keepLooking(signal, look);

  // One after the other: who has pressed a button does not wait for the next second.
  function look(until) {
    return turn(() => reallyLook(until));
  }

  async function reallyLook(until) {
    // One more look when it ended: what came between the answers is seen too.
    const ended = seen.flow && isFinal(seen.flow.state);
    const path = flowPath(id);
    const [report, moved] = await Promise.all([get(path, {}, until), orNull(get(`${path}/progress`, {}, until))]);
    seen.flow = report.flow;
    seen.progress = moved?.progress ?? null;
    if (seen.turn % 3 === 0 || isFinal(seen.flow.state)) seen.timeline = (await orNull(get(`${path}/timeline`, {}, until)))?.timeline ?? null;
    seen.turn += 1;
    // What it is at does not wait for its past, which may be long, or gone.
    if (seen.at === null) show(seen.flow, seen.progress);
    await readParts(until);
    await readEvents(until);
    lagging(report.lag);
    scrub.know(positions(), seen.timeline?.phases ?? [], seen.absent);
    if (seen.at === null) map.show(Infinity);
    timeline.show(seen.timeline);
    settle();
    await more.show(seen.flow, scrub.positions.length);
    return ended ? CALM : undefined;
  }

  // Beside a tall map there is room for it, else it would leave a hole.
  function settle() {
    const tall = store.cells.length > TALL;
    if (tall && head.about.parentElement !== right) right.append(head.about);
    if (!tall && head.about.parentElement === right) more.element.before(head.about);
  }

  async function readParts(until) {
    for (let page; page === undefined || page.next !== null;) {
      if (isGone(store.absent)) return;
      page = await orRefusal(get(flowPath(id, "/parts"), { after: store.after, limit: PAGE }, until));
      store.absent = page instanceof Refusal ? page : null;
      if (store.absent) return;
      store.take(page);
      if (seen.at === null) map.show(Infinity);
    }
  }

  async function readEvents(until) {
    for (let page; page === undefined || page.next !== null;) {
      if (isGone(seen.absent)) return;
      const query = { after: seen.after, kind: ["data-flow", "transfer", "callback"], limit: 1000 };
      page = await orRefusal(get(flowPath(id, "/events", "audit/dataflows"), query, until));
      seen.absent = page instanceof Refusal ? page : null;
      if (seen.absent) return;
      for (const each of page.events) seen.events.push(each.position);
      seen.after = following(page, seen.after);
    }
  }

  function positions() {
    const phases = seen.timeline?.phases ?? [];
    const known = seen.events.length + store.positions.length + phases.length;
    if (known === seen.known) return scrub.positions;
    seen.known = known;
    const all = [...seen.events, ...store.positions, ...phases.map((each) => each.position)];
    return [...new Set(all)].sort((a, b) => a - b);
  }

  async function moveTo(position) {
    // Whoever drags the bar wants the last place of it only.
    moving.abort();
    moving = new AbortController();
    const asked = AbortSignal.any([signal, moving.signal]);
    seen.at = position;
    head.past(position);
    map.show(position ?? Infinity);
    if (position === null) {
      show(seen.flow, seen.progress);
      return;
    }
    await pause(120);
    if (asked.aborted) return;
    try {
      const state = await get(flowPath(id, "/state", "audit/dataflows"), { asOf: position }, asked);
      if (asked.aborted) return;
      show(state.flow, state.progress);
      scrub.tell(`${time(state.at)}, ${stateOf({ ...state.progress, ...state.flow }).label}`);
    } catch (error) {
      if (!asked.aborted) scrub.tell(error instanceof Refusal && error.absent ? "this gateway shows only the parts of the past" : error.message);
    }
  }

  function show(shown, moved) {
    const all = { ...moved, ...shown, phase: moved?.phase ?? "waiting", waitsFor: moved?.waitsFor ?? null };
    head.show(shown, all);
    told.show(seen.flow, seen.progress, seen.at !== null);
    progress.show(moved, all);
    map.show(seen.at ?? Infinity);
  }
}

/** The answer, or null where the gateway has nothing of the kind (yet). */
async function orNull(answer) {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return null;
    throw error;
  }
}

/** The answer, or the refusal where it is not there, is gone, or cannot be read for now. */
async function orRefusal(answer) {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Refusal && ([404, 410].includes(error.status) || error.code === "archive.unreadable")) return error;
    throw error;
  }
}

/** What is gone for ever is not asked for again. */
function isGone(refusal) {
  return refusal?.status === 410;
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function header(id) {
  const pill = h("span", { class: "pill" }, "…");
  const past = h("span", { class: "note then", hidden: true });
  const route = h("p", { class: "route mono small" });
  const reason = h("p", { class: "problem", hidden: true });
  const about = h("section", { class: "card", "aria-labelledby": "about-title" }, h("h2", { id: "about-title" }, "About"));
  const list = h("div", {});
  about.append(list);
  return {
    element: h("div", { class: "who" }, h("p", { class: "small" }, h("a", { href: "#/" }, "‹ Flows")),
      h("div", { class: "between title" }, h("h1", { class: "mono" }, id), pill, past), route, reason),
    about,
    past(position) {
      past.hidden = position === null;
      if (position !== null) say(past, "as it was");
    },
    show(flow, all) {
      const { kind, label } = stateOf(all);
      pill.dataset.kind = kind;
      say(pill, label);
      say(route, `${place(flow.source)} → ${place(flow.destination)}`);
      reason.hidden = !flow.errorCode;
      if (flow.errorCode) say(reason, `${flow.errorCode}: ${flow.errorDetail ?? ""}`);
      const text = JSON.stringify(flow);
      if (text === list.dataset.shown) return;
      list.dataset.shown = text;
      put(list, facts([["State", flow.state], ["Role", `${flow.role}, ${flow.direction}`], ["Profile", flow.profile], ["Counter party", flow.counterPartyId], ["Participant", flow.participantId],
        ["Agreement", flow.agreementId], ["Dataset", flow.datasetId], ["Source", where(flow.source)], ["Destination", where(flow.destination)],
        ["Control plane", flow.controlPlaneId], ["Created", time(flow.createdAt)], ["Changed", `${time(flow.updatedAt)} (${ago(flow.updatedAt)})`], ["Position", String(flow.position)]]));
    },
  };
}

function place(side) {
  if (!side || !Object.keys(side.fields).length) return "?";
  const { bucket, key, prefix, endpoint } = side.fields;
  const path = key || prefix || "";
  return bucket === undefined ? [endpoint ?? side.mechanism, path].filter(Boolean).join("/") : `${side.mechanism}://${bucket}/${path}`;
}

function where(side) {
  const endpoint = side?.fields?.endpoint_url ?? side?.fields?.endpoint;
  return side ? [place(side), endpoint && `at ${endpoint}`].filter(Boolean).join(" ") : "";
}
