// History, report, why, receipt: one at a time, read when it is looked at.

import { h, put } from "./dom.js";
import { historyTab } from "./history.js";
import { proofTab } from "./proof.js";
import { refused } from "./refused.js";
import { reportTab } from "./report.js";
import { whyTab } from "./why.js";

const TABS = [
  ["history", "History", historyTab],
  ["report", "Report", reportTab],
  ["why", "Why", whyTab],
  ["proof", "Receipt and proof", proofTab],
];

/** `onMoment(position)`: somebody wants to see this moment; `at()`: the one that is shown. */
export function tabs(id, signal, onMoment, at) {
  const panel = h("div", { role: "tabpanel", id: "panel", tabIndex: 0, class: "panel" });
  const made = TABS.map(([name, label]) => h("button", { role: "tab", id: `tab-${name}`, "aria-controls": "panel", "aria-selected": "false", tabIndex: -1, onclick: () => choose(name) }, label));
  const list = h("div", { role: "tablist", class: "tablist", "aria-label": "More of this flow", onkeydown: move }, made);
  let shown = null;
  let flow = null;
  let seen = 0;
  let news = () => {};

  function move(event) {
    const to = { ArrowRight: 1, ArrowLeft: -1, Home: -made.length, End: made.length }[event.key];
    if (!to) return;
    event.preventDefault();
    const at = made.indexOf(document.activeElement);
    const next = Math.abs(to) === 1 ? (at + to + made.length) % made.length : to > 0 ? made.length - 1 : 0;
    made[next].focus();
    made[next].click();
  }

  async function choose(name) {
    shown = name;
    news = () => {};
    for (const each of made) {
      const here = each.id === `tab-${name}`;
      each.setAttribute("aria-selected", String(here));
      each.tabIndex = here ? 0 : -1;
    }
    panel.setAttribute("aria-labelledby", `tab-${name}`);
    put(panel, h("p", { class: "note" }, "…"));
    try {
      const found = await TABS.find((each) => each[0] === name)[2]({ id, signal, flow, onMoment, at, again: () => choose(name) });
      if (shown !== name || signal.aborted) return;
      put(panel, found.inside ?? found);
      news = found.news ?? (() => {});
    } catch (error) {
      if (shown === name && !signal.aborted) put(panel, refused(error));
    }
  }

  return {
    element: h("section", { class: "card more", "aria-label": "More of this flow" }, list, panel),
    /** The flow, and how many events of it are known. */
    async show(now, events) {
      const changed = flow?.state !== now.state;
      const more = events > seen;
      flow = now;
      seen = events;
      if (changed && (shown === null || shown !== "history")) choose(shown ?? "history");
      else if (more) await news();
    },
  };
}
