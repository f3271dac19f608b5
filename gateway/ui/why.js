// What a flow waits for, what slowed it, and what was decided: in the gateway's words.

import { flowPath, get, Refusal } from "./api.js";
import { h } from "./dom.js";
import { duration, plural, time } from "./format.js";
import { missing } from "./refused.js";

export async function whyTab({ id, signal, at, onMoment, again }) {
  const asOf = at();
  try {
    const told = await get(flowPath(id, "/why", "audit/dataflows"), { asOf }, signal);
    const waits = told.waits.filter((each) => each.text !== told.answer.text);
    return [h("p", { class: "answer" }, told.answer.text), remedy(told.answer),
      part("It also waits for", waits, onMoment), part("What slowed it", told.slowed, onMoment), part("What was decided", told.decisions, onMoment),
      h("div", { class: "foot" }, h("span", { class: "note" }, `as of position ${told.position}, ${time(told.at)}`), h("button", { onclick: again }, "Ask again"))];
  } catch (error) {
    if (error instanceof Refusal && error.absent) return missing("an explanation of a flow");
    throw error;
  }
}

function part(title, findings, onMoment) {
  if (!findings.length) return null;
  return h("section", { class: "findings" }, h("h3", {}, title), h("ol", {}, findings.map((each) => h("li", {}, sentence(each, onMoment)))));
}

function sentence(each, onMoment) {
  const often = each.count > 1 ? plural(each.count, "time") : "";
  const lasted = each.seconds ? `for ${duration(each.seconds)}` : "";
  const beside = [time(each.since), lasted, often, each.code].filter(Boolean).join(" · ");
  return [h("p", {}, each.text), remedy(each),
    h("p", { class: "small faint num" }, beside, " · ", h("button", { class: "plain small", onclick: () => onMoment(each.position) }, `position ${each.position}`))];
}

function remedy(each) {
  return each.remedy ? h("p", { class: "small waits" }, `Remedy: ${each.remedy}.`) : null;
}
