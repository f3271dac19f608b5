// Suspend, resume, terminate, approve: by the same doors that a control plane uses.

import { flowPath, tell } from "./api.js";
import { announce, h, put, say } from "./dom.js";
import { refused } from "./refused.js";
import { mayBeTold } from "./states.js";

const VERBS = [
  ["approve", "Approve the plan", "main"],
  ["suspend", "Suspend", ""],
  ["resume", "Resume", "main"],
  ["terminate", "Terminate…", "danger"],
];
const DONE = { approve: "Approved", suspend: "Suspended", resume: "Resumed", terminate: "Terminated" };

export function controls(id, again) {
  const outcome = h("div", { class: "outcome", "aria-live": "polite" });
  const buttons = Object.fromEntries(VERBS.map(([verb, label, look]) => [verb,
    h("button", { class: look, hidden: true, "data-verb": verb, onclick: () => press(verb) }, label)]));
  const row = h("div", { class: "buttons", role: "group", "aria-label": "Tell the flow" }, Object.values(buttons));
  let busy = false;

  async function press(verb) {
    if (busy) return;
    let body = verb === "suspend" ? { reason: "by an operator, at the live page" } : {};
    if (verb === "terminate") {
      const reason = await confirmed(id);
      if (reason === null) return;
      body = { reason: reason || "by an operator, at the live page" };
    }
    busy = true;
    put(outcome, h("p", { class: "note" }, "…"));
    try {
      const path = verb === "approve" ? flowPath(id, "/approve") : flowPath(id, `/${verb}`, "dataflows");
      const confirmation = await tell(path, body);
      const text = `${DONE[verb]}${confirmation === "confirmed" ? "; every worker has confirmed that it stands still" : confirmation ? `; confirmation is ${confirmation}` : ""}.`;
      put(outcome, h("p", { class: "note" }, text));
      announce(text);
    } catch (error) {
      put(outcome, refused(error));
      return;
    } finally {
      busy = false;
    }
    await again().catch(() => {});
  }

  return {
    element: h("div", { class: "controls" }, row, outcome),
    show(flow, progress, past) {
      const may = mayBeTold(flow.state, progress?.waitsFor ?? null);
      const focused = row.contains(document.activeElement) && document.activeElement.hidden === false ? document.activeElement : null;
      for (const [verb, button] of Object.entries(buttons)) {
        button.hidden = !may[verb];
        button.disabled = past;
        button.title = past ? "Go back to now first" : "";
      }
      // Who pressed a button that is gone stands at the one that came instead.
      if (focused?.hidden) (Object.values(buttons).find((each) => !each.hidden) ?? document.getElementById("main")).focus();
    },
  };
}

/** The reason, or null where it is not to be. */
function confirmed(id) {
  const dialog = document.getElementById("ask-dialog");
  const reason = document.getElementById("ask-reason");
  say(document.getElementById("ask-title"), "Terminate this flow?");
  say(document.getElementById("ask-text"), `${id} stops for ever: it cannot be resumed. What has arrived stays; unfinished uploads are removed.`);
  say(document.getElementById("ask-yes"), "Terminate");
  reason.value = "";
  dialog.showModal();
  document.getElementById("ask-no").focus();
  return new Promise((resolve) => {
    const end = (said) => { dialog.close(); resolve(said); };
    document.getElementById("ask-no").onclick = () => end(null);
    dialog.oncancel = () => resolve(null);
    document.getElementById("ask-form").onsubmit = (event) => { event.preventDefault(); end(reason.value.trim()); };
  });
}
