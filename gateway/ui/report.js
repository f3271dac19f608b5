// What became of each object.

import { flowPath, get } from "./api.js";
import { facts, h, put, say, table } from "./dom.js";
import { bytes, count, NONE, plural, time } from "./format.js";
import { pages } from "./pages.js";

const PAGE = 200;
const COLUMNS = ["Object", "Outcome", "Size", "Verdict", "Worker", "Ended"];
const WANTED = [["all", "All"], ["copied", "Copied"], ["failed", "Failed"], ["skipped", "Skipped"]];

export async function reportTab({ id, signal }) {
  let lines = [];
  let after = null;
  const wrong = h("div", {});
  const sums = h("div", {});
  const box = h("div", {});
  const told = h("span", { class: "note", role: "status" });
  const more = h("button", { onclick: () => press() }, "Show more");
  const outcome = h("select", { onchange: () => choose() }, WANTED.map(([value, label]) => h("option", { value }, label)));

  const { next, press, choose } = pages({ signal, begin, read, wrong });

  function begin() {
    [lines, after] = [[], null];
  }

  async function read(current) {
    // Pressed twice at the last page, there is none after it.
    if (after === null && lines.length) return;
    const page = await get(flowPath(id, "/report"), { after, limit: PAGE, outcome: outcome.value }, signal);
    if (!current()) return;
    lines = lines.concat(page.objects);
    after = page.next;
    put(sums, facts(summary(page.summary)));
    put(box, lines.length ? table(COLUMNS, lines.map(row)) : h("p", { class: "empty" }, "No object has such an outcome yet."));
    say(told, plural(lines.length, "object"));
    more.hidden = after === null;
  }

  await next();
  return [h("div", { class: "between tools" }, sums, h("label", { class: "by small" }, h("span", { class: "unseen" }, "Outcome "), outcome)), box, wrong, h("div", { class: "foot" }, told, more)];
}

function row(each) {
  const failed = each.outcome === "failed";
  const why = each.errorCode ? `${each.errorCode}${each.errorDetail ? `: ${each.errorDetail}` : ""}` : "";
  return [h("span", { class: "mono" }, each.key),
    h("span", {}, h("span", { class: "pill", "data-kind": failed ? "failed" : each.outcome === "copied" ? "done" : "over" }, each.outcome), why ? h("span", { class: "why small" }, ` ${why}`) : null),
    h("span", { class: "num" }, bytes(each.size) + (each.parts ? `, ${plural(each.parts, "part")}` : "")), each.verdict ?? NONE, each.worker, h("span", { class: "num" }, time(each.endedAt))];
}

function summary(sum) {
  const verdicts = Object.entries(sum.verdicts).map(([name, number]) => `${count(number)} ${name}`).join(", ");
  const skipped = Object.values(sum.skipped).reduce((all, each) => all + each, 0);
  return [["Copied", `${plural(sum.copied, "object")}, ${bytes(sum.bytesCopied)}`], ["Failed", sum.failed ? plural(sum.failed, "object") : null], ["Left out", skipped ? plural(skipped, "object") : null], ["Verdicts", verdicts]];
}
