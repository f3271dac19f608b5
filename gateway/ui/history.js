// Every event of a flow, page by page, as the log holds them.

import { flowPath, get, getBlob } from "./api.js";
import { h, put, say } from "./dom.js";
import { plural, time, topic } from "./format.js";
import { keep } from "./saving.js";

const PAGE = 100;
const NDJSON = "application/x-ndjson";
const KINDS = [["", "All events"], ["data-flow", "The flow’s own"], ["transfer", "Planning"], ["segment", "Workers’ journals"], ["callback", "Callbacks"]];

export async function historyTab({ id, signal, onMoment }) {
  let after = 0;
  let seen = 0;
  let kind = "";
  const list = h("ol", { class: "events" });
  const told = h("span", { class: "note", role: "status" });
  const more = h("button", { onclick: () => next() }, "Show more");
  const kinds = h("select", { id: "history-kind", onchange: async () => { kind = kinds.value; after = 0; seen = 0; put(list); await next(); } },
    KINDS.map(([value, label]) => h("option", { value }, label)));

  async function next() {
    const page = await get(flowPath(id, "/events", "audit/dataflows"), { after, limit: PAGE, kind: kind || null }, signal);
    list.append(...page.events.map((each) => line(each, onMoment)));
    seen += page.events.length;
    after = page.events.at(-1)?.position ?? after;
    more.hidden = page.next === null;
    say(told, `${plural(seen, "event")}${page.next === null ? "" : ", and more"}`);
  }

  // What happens while somebody looks comes at the end, unless pages are left before it.
  async function news() {
    if (more.hidden) await next();
  }

  await next();
  const files = h("button", { onclick: async () => keep(await getBlob(flowPath(id, "/events", "audit/dataflows"), signal, NDJSON), `${id}.jsonl`) }, "Save all as JSON lines");
  const inside = [h("div", { class: "between tools" }, h("label", { class: "by small" }, h("span", { class: "unseen" }, "Which events "), kinds), files), list, h("div", { class: "foot" }, told, more)];
  return { inside, news };
}

function line(event, onMoment) {
  const summary = h("summary", {},
    h("span", { class: "num faint at" }, String(event.position)), h("span", { class: "what" }, topic(event.topic)),
    h("span", { class: "faint on" }, event.stream.replace(/^[^/]*\//, "")), h("span", { class: "faint by" }, event.actor), h("time", { class: "num faint", dateTime: event.occurredAt }, time(event.occurredAt)));
  const details = h("details", {}, summary);
  details.addEventListener("toggle", () => {
    if (!details.open || details.children.length > 1) return;
    const cause = { position: event.position, stream: event.stream, version: event.version, topic: event.topic, eventId: event.eventId, actor: event.actor,
      causationId: event.causationId, correlationId: event.correlationId, occurredAt: event.occurredAt, recordedAt: event.recordedAt, data: event.data };
    details.append(h("pre", { tabIndex: 0, "aria-label": "The event" }, JSON.stringify(cause, null, 2)),
      h("p", {}, h("button", { onclick: () => { onMoment(event.position); document.getElementById("scrub").focus(); } }, "See the flow at this moment")));
  });
  return h("li", {}, details);
}
