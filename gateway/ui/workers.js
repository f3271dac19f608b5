// Who works on what now, and what waits in the queues.

import { get, keepLooking } from "./api.js";
import { h, put } from "./dom.js";
import { ago, count, plural } from "./format.js";

const QUEUES = { TASK: "Segments for workers", SIGNAL: "Durable signals" };

export default async function workers(main, signal) {
  const queues = h("div", { class: "cards" });
  const list = h("div", { class: "cards" });
  const told = h("p", { class: "note" });
  document.title = "Workers · Waybill";
  put(main, h("div", { class: "head" }, h("h1", {}, "Workers"), told), h("div", { class: "stack" }, list, h("h2", {}, "Queues"), queues));
  const line = document.getElementById("line");
  await keepLooking(signal, async () => {
    const found = await get("management/workers", {}, signal);
    line.dataset.is = "live";
    line.lastChild.textContent = "live";
    const busy = found.workers.reduce((sum, each) => sum + each.segments.length, 0);
    told.textContent = `${plural(found.workers.length, "worker")}, ${plural(busy, "segment")} in hand.`;
    const focus = document.activeElement?.dataset?.link;
    put(list, found.workers.length ? found.workers.map(card) : h("p", { class: "card empty" }, "No worker was heard lately."));
    if (focus) [...list.querySelectorAll("[data-link]")].find((each) => each.dataset.link === focus)?.focus();
    put(queues, found.queues.length ? found.queues.map(queue) : h("p", { class: "card empty" }, "There is no queue yet."));
    return 1000;
  });
}

function card(each) {
  const flows = Map.groupBy ? Map.groupBy(each.segments, (one) => one.dataFlowId) : grouped(each.segments);
  const door = each.slots === 0;
  const taken = Math.min(100, (100 * each.segments.length) / Math.max(1, each.slots));
  const fill = h("i", {});
  fill.style.width = `${taken}%`;
  return h("article", { class: "card", "data-kind": each.segments.length ? "moving" : "over" },
    h("div", { class: "between" }, h("h2", { class: "mono" }, each.worker), h("span", { class: "pill", "data-kind": each.segments.length ? "moving" : "over" }, each.segments.length ? "busy" : "idle")),
    door ? h("p", { class: "note" }, "a data door") : h("div", { class: "bar" }, fill),
    h("p", { class: "small num" }, door ? plural(each.segments.length, "request") : `${count(each.segments.length)} of ${plural(each.slots, "slot")}, heard ${ago(each.heardAt)}`),
    flows.size ? h("ul", { class: "hands small" }, [...flows].map(([id, some]) => h("li", {}, h("a", { href: `#/flow/${encodeURIComponent(id)}`, class: "mono", "data-link": `${each.worker} ${id}` }, id), ` ${some.map((one) => one.segmentId).join(", ")}`))) : null);
}

function queue(each) {
  const cells = [["Waiting", each.waiting], ["In hand", each.inHand], ["Again", each.again]];
  return h("article", { class: "card" }, h("h2", {}, QUEUES[each.name] ?? each.name), h("dl", { class: "sums" }, cells.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, count(value))))));
}

function grouped(segments) {
  const found = new Map();
  for (const each of segments) found.set(each.dataFlowId, [...(found.get(each.dataFlowId) ?? []), each]);
  return found;
}
