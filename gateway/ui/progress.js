// How far a flow is: a number, a bar, and what it waits for.

import { facts, h, put, say } from "./dom.js";
import { bytes, count, left, NONE, plural, rate, time, words } from "./format.js";
import { stateOf, waitingFor } from "./states.js";

export function progressPanel() {
  const number = h("span", { class: "big num" }, NONE);
  const beside = h("span", { class: "soft num" });
  const fill = h("i", {});
  const bar = h("div", { class: "bar tall", role: "progressbar", "aria-label": "Copied", "aria-valuemin": "0", "aria-valuemax": "100" }, fill);
  const waits = h("p", { class: "waits small", hidden: true });
  const list = h("div", {});
  return {
    element: h("section", { class: "card progress", "aria-labelledby": "progress-title" }, h("h2", { id: "progress-title", class: "unseen" }, "Progress"),
      h("div", { class: "between" }, number, beside), bar, waits, list),
    show(progress, all) {
      const percent = progress?.percent ?? (all.state === "COMPLETED" ? 100 : null);
      say(number, percent === null ? NONE : `${percent < 100 && percent > 0 ? percent.toFixed(1) : Math.round(percent)} %`);
      bar.parentElement.dataset.kind = stateOf(all).kind;
      fill.style.width = `${percent ?? 0}%`;
      bar.setAttribute("aria-valuenow", String(Math.round(percent ?? 0)));
      const time_ = progress?.timeLeft ? `${left(progress.timeLeft)} left` : "";
      say(beside, [progress?.bytesPerSecond ? rate(progress.bytesPerSecond) : "", time_].filter(Boolean).join(" · "));
      const waiting = progress ? waitingFor(progress) : "";
      waits.hidden = !waiting;
      say(waits, progress?.waitsUntil ? `${waiting}, until ${time(progress.waitsUntil)}` : waiting);
      const text = JSON.stringify(progress);
      if (text === list.dataset.shown) return;
      list.dataset.shown = text;
      put(list, progress ? facts(lines(progress)) : h("p", { class: "note" }, "Nothing is known of its copying yet."));
    },
  };
}

function lines(progress) {
  const open = progress.listingComplete ? "" : " so far";
  const skipped = Object.entries(progress.skipped).map(([why, number]) => `${count(number)} ${words(why)}`).join(", ");
  return [
    ["Bytes", `${bytes(progress.bytesCopied)} of ${bytes(progress.bytesTotal)}${open}`],
    ["Objects", `${count(progress.objectsCopied)} of ${count(progress.objectsTotal)}${open}${progress.objectsFailed ? `, ${count(progress.objectsFailed)} failed` : ""}`],
    ["Parts", progress.partsTotal ? `${count(progress.partsCopied)} of ${count(progress.partsTotal)}${open}` : null],
    ["Segments", `${count(progress.segmentsDone)} of ${count(progress.segmentsTotal)}${progress.segmentsFailed ? `, ${count(progress.segmentsFailed)} failed` : ""}`],
    ["Leases", progress.repeatedLeases ? `${count(progress.leases)}, ${count(progress.repeatedLeases)} again` : count(progress.leases)],
    ["Left out", skipped],
    ["Deletes", progress.deletesTotal ? `${count(progress.objectsDeleted)} of ${plural(progress.deletesTotal, "object")}` : null],
    ["Began", progress.startedAt && time(progress.startedAt)],
    ["Ended", progress.finishedAt && time(progress.finishedAt)],
  ];
}
