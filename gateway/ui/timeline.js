// When a flow did what, and how fast it was copied when.

import { h, put, svg } from "./dom.js";
import { duration, rate, time } from "./format.js";

const KINDS = { accepted: "over", listing: "moving", planned: "over", running: "moving", completing: "moving", done: "done", suspended: "paused", errored: "failed", terminated: "over" };
const [WIDTH, HEIGHT] = [300, 56];

/** `onMoment(position)`: somebody wants to see this moment. */
export function timelinePanel(onMoment) {
  const list = h("ol", { class: "phases" });
  const graph = h("div", { class: "graph", hidden: true });
  const none = h("p", { class: "note" }, "No timeline is known yet.");
  let shown = "";
  return {
    element: h("section", { class: "card", "aria-labelledby": "timeline-title" }, h("h2", { id: "timeline-title" }, "Timeline"), graph, none, list),
    show(timeline) {
      const text = JSON.stringify(timeline);
      if (text === shown) return;
      shown = text;
      none.hidden = Boolean(timeline);
      graph.hidden = !(timeline?.rate.length > 1);
      if (!graph.hidden) put(graph, curve(timeline));
      // Focus in the list stays where it is.
      const focus = document.activeElement?.dataset?.position;
      put(list, (timeline?.phases ?? []).map((each) => phase(each, onMoment)));
      if (focus) list.querySelector(`[data-position="${Number(focus)}"]`)?.focus();
    },
  };
}

function phase(each, onMoment) {
  const lasted = each.endedAt ? duration((new Date(each.endedAt) - new Date(each.beganAt)) / 1000) : "";
  const pill = h("span", { class: "pill", "data-kind": KINDS[each.phase] ?? "waiting" }, each.phase);
  const words = [time(each.beganAt), lasted && lasted !== "0 s" && `for ${lasted}`, each.reason, each.until && `until ${time(each.until)}`].filter(Boolean).join(" · ");
  return h("li", {}, h("button", { class: "moment", title: `Show the flow as it was at position ${each.position}`, "data-position": String(each.position), onclick: () => onMoment(each.position) },
    pill, h("span", { class: "num small" }, words)));
}

function curve(timeline) {
  const paces = timeline.rate.map((each) => each.sizeBytes / timeline.bucketSeconds);
  const most = Math.max(...paces, 1);
  const points = paces.map((pace, index) => `${((index / (paces.length - 1)) * WIDTH).toFixed(1)},${(HEIGHT - 2 - (pace / most) * (HEIGHT - 6)).toFixed(1)}`);
  const drawn = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": `Rate over time, at most ${rate(most)}` },
    svg("polygon", { points: `0,${HEIGHT} ${points.join(" ")} ${WIDTH},${HEIGHT}`, class: "area" }),
    svg("polyline", { points: points.join(" "), class: "curve", "vector-effect": "non-scaling-stroke" }));
  return [drawn, h("p", { class: "note num" }, `at most ${rate(most)}`)];
}
