// Every event of a flow, page by page, as the log holds them.

import { flowPath, following, get, getBlob } from "./api.js";
import { h, put, say } from "./dom.js";
import { plural, time, topic } from "./format.js";
import { pages } from "./pages.js";
import { keep } from "./saving.js";

const PAGE = 100;
const NDJSON = "application/x-ndjson";
const KINDS = [["", "All events"], ["data-flow", "The flow’s own"], ["transfer", "Planning"], ["segment", "Workers’ journals"], ["callback", "Callbacks"]];

export async function historyTab({ id, signal, onMoment }) {
  let after = 0;
  let seen = 0;
  let kind = "";
  const wrong = h("div", {});
  const list = h("ol", { class: "events" });
  const told = h("span", { class: "note", role: "status" });
  const more = h("button", { onclick: () => press() }, "Show more");
  const kinds = h("select", { id: "history-kind", onchange: () => choose() },
    KINDS.map(([value, label]) => h("option", { value }, label)));

  const { next, press, choose } = pages({ signal, begin, read, wrong });

  function begin() {
    kind = kinds.value;
    [after, seen] = [0, 0];
    put(list);
  }

  async function read(current) {
    const page = await get(flowPath(id, "/events", "audit/dataflows"), { after, limit: PAGE, kind: kind || null }, signal);
    if (!current()) return;
    list.append(...page.events.map((each) => line(each, onMoment)));
    seen += page.events.length;
    after = following(page, after);
    more.hidden = page.next === null;
    say(told, `${plural(seen, "event")}${page.next === null ? "" : ", and more"}`);
  }

  // What happens while somebody looks comes at the end, unless pages are left before it.
  async function news() {
    if (more.hidden) await press();
  }

  await next();
  const files = h("button", { onclick: async () => keep(await getBlob(flowPath(id, "/events", "audit/dataflows"), signal, NDJSON), `${id}.jsonl`) }, "Save all as JSON lines");
  const inside = [h("div", { class: "between tools" }, h("label", { class: "by small" }, h("span", { class: "unseen" }, "Which events "), kinds), files), list, wrong, h("div", { class: "foot" }, told, more)];
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
