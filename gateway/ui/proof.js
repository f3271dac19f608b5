// The receipt of a flow, and whether its events are still as the notary has sealed them.

import { flowPath, get, Refusal } from "./api.js";
import { facts, h, put } from "./dom.js";
import { bytes, count, plural, time, words } from "./format.js";
import { missing, refused } from "./refused.js";
import { save } from "./saving.js";

const AREA = "audit/dataflows";

export async function proofTab({ id, signal, onMoment, again }) {
  const [verdict, receipt] = await Promise.all([found(id, "/verification", signal), found(id, "/receipt", signal)]);
  const trouble = h("div", { role: "status" });
  const button = (label, rest, name) => h("button", { onclick: () => save(flowPath(id, rest, AREA), name, signal).catch((error) => put(trouble, refused(error))) }, label);
  return [h("div", { class: "halves" }, section("Verification", verdict, "a verification", (told) => verdictOf(told, onMoment)), section("Receipt", receipt, "receipts", receiptOf)),
    h("div", { class: "foot" }, h("div", { class: "buttons" },
      verdict.told ? button("Save the export, which proves itself", "/export", `${id}.waybill.jsonl`) : null,
      receipt.told ? button("Save the receipt", "/receipt", `${id}.receipt.json`) : null),
    h("button", { onclick: again }, "Check again")), trouble];
}

async function found(id, rest, signal) {
  try {
    return { told: await get(flowPath(id, rest, AREA), {}, signal) };
  } catch (error) {
    if (signal.aborted || !(error instanceof Refusal)) throw error;
    return { error };
  }
}

function section(title, { told, error }, what, shown) {
  if (told) return h("section", {}, h("h3", {}, title), shown(told));
  const notYet = error.status === 409 ? h("p", { class: "note" }, `${error.message}.`) : null;
  return h("section", {}, h("h3", {}, title), notYet ?? (error.absent ? missing(what) : refused(error)));
}

function verdictOf(told, onMoment) {
  const { finding } = told;
  if (finding) {
    const where = finding.until > finding.position ? `between positions ${finding.position} and ${finding.until}` : `at position ${finding.position}`;
    return [pill("failed", "does not verify"), h("p", { class: "answer" }, `${words(finding.wrong)} ${where}`), h("p", {}, finding.detail),
      h("p", {}, h("button", { onclick: () => onMoment(finding.position) }, `See the flow at position ${finding.position}`))];
  }
  const [kind, label] = told.events === 0 ? ["waiting", "not sealed yet"] : told.trusted ? ["done", "verified"] : ["waiting", "as sealed, by an unknown key"];
  const as = told.events === 1 ? "1 event is as it was" : `${count(told.events)} events are as they were`;
  const rest = told.unsealed ? ` Of ${plural(told.unsealed, "event")} nothing is said yet: they wait for their seal.` : "";
  return [pill(kind, label), h("p", {}, `${as} sealed, in ${plural(told.seals, "seal")}.${rest}`),
    facts([["Key", h("code", {}, told.key)], ["Witness", told.witness === null ? "not asked" : `agrees, in ${plural(told.witness, "page")}`]])];
}

function receiptOf(file) {
  const { receipt } = file;
  const verdicts = Object.entries(receipt.verdicts).map(([name, number]) => `${count(number)} ${name}`).join(", ");
  return [pill("done", "signed"), h("p", {}, `${plural(receipt.objects, "object")}, ${bytes(receipt.size_bytes)}${receipt.failed ? `; ${count(receipt.failed)} failed` : ""}${verdicts ? `: ${verdicts}` : ""}.`),
    facts([["Agreement", receipt.agreement_id], ["Dataset", receipt.dataset_id], ["Counter party", receipt.counter_party_id], ["Completed", `${time(receipt.completed_at)}, by the ${words(receipt.completed_by)}`],
      ["Rests on", `${plural(receipt.events, "event")}, positions ${receipt.first} to ${receipt.last}`], ["Digest", h("code", {}, receipt.digest)], ["Signature", h("code", {}, file.signature)]])];
}

function pill(kind, label) {
  return h("p", {}, h("span", { class: "pill", "data-kind": kind }, label));
}
