// Storage endpoints: whether they are there, what they can, how many at once help.

import { get, keepLooking, lagging } from "./api.js";
import { h, put, table } from "./dom.js";
import { count, NONE, rate, time, words } from "./format.js";

const CALM = 3000;

export default async function endpoints(main, signal) {
  const list = h("div", { class: "cards" });
  const pairs = h("section", { class: "card", "aria-labelledby": "pairs-title", hidden: true });
  document.title = "Endpoints · Waybill";
  put(main, h("div", { class: "head" }, h("h1", {}, "Endpoints"), h("p", { class: "note" }, "As the workers saw them when they last spoke to them.")), h("div", { class: "stack" }, list, pairs));
  let shown = "";
  await keepLooking(signal, async () => {
    const found = await get("management/endpoints", {}, signal);
    lagging(found.lag);
    const text = JSON.stringify([found.endpoints, found.pairs]);
    if (text === shown) return CALM;
    shown = text;
    put(list, found.endpoints.length ? found.endpoints.map(card) : h("p", { class: "card empty" }, "No worker has spoken to any storage yet."));
    pairs.hidden = !found.pairs.length;
    put(pairs, h("h2", { id: "pairs-title" }, "How many at once help"), table(["From", "To", "At once", "Requests", "Bytes", "Because", "When"], found.pairs.map((each) => [
      h("span", { class: "mono" }, each.source), h("span", { class: "mono" }, each.destination), count(each.requestsAtOnce), `${count(Math.round(each.requestsPerSecond))}/s`, rate(each.bytesPerSecond), each.reason, time(each.tunedAt)])));
    return CALM;
  });
}

function card(each) {
  const away = each.circuit === "open";
  const can = Object.entries(each.capabilities).sort(([a], [b]) => a.localeCompare(b));
  const lines = [
    away ? `Left alone since ${time(each.circuitAt)}: ${each.circuitReason ?? "it does not answer"}.` : "",
    each.requestsAtOnce === null ? "" : `${count(each.requestsAtOnce)} requests at once (${each.paceReason ?? NONE}, ${time(each.pacedAt)}).`,
  ].filter(Boolean);
  return h("article", { class: "card" }, h("div", { class: "between" }, h("h2", { class: "mono" }, each.endpoint), h("span", { class: "pill", "data-kind": away ? "failed" : "done" }, away ? "away" : "there")),
    lines.map((text) => h("p", { class: "small" }, text)),
    can.length ? h("ul", { class: "tags", "aria-label": "What it can" }, can.map(([name, able]) => h("li", { class: able ? "tag" : "tag no" }, h("span", { class: "unseen" }, able ? "" : "not: "), words(name)))) : h("p", { class: "note" }, "What it can was not seen yet."),
    each.learnedAt ? h("p", { class: "note" }, `seen ${time(each.learnedAt)}`) : null);
}
