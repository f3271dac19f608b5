// What a flow is at, in one word and one of six kinds.

const WAITS = {
  approval: "waits for approval",
  credentials: "waits for credentials",
  preparation: "preparing",
  start: "waits for start",
  resume: "suspended",
};

/** `kind` (moving, waiting, paused, failed, done, over) and a label. */
export function stateOf(flow) {
  if (flow.state === "TERMINATED") return { kind: "over", label: "terminated" };
  if (flow.phase === "errored") return { kind: "failed", label: "errored" };
  if (flow.state === "COMPLETED") return flow.objectsFailed ? { kind: "failed", label: "done, with failures" } : { kind: "done", label: "completed" };
  if (flow.state === "SUSPENDED") return { kind: "paused", label: "suspended" };
  if (flow.waitsFor) return { kind: "waiting", label: WAITS[flow.waitsFor] ?? "waiting" };
  if (flow.state === "STARTED") return { kind: "moving", label: flow.phase === "planned" ? "planned" : "copying" };
  return { kind: "waiting", label: flow.state.toLowerCase() };
}

/** Why it stands still, where it does: a sentence. */
export function waitingFor(flow) {
  if (!flow.waitsFor) return "";
  return WAITS[flow.waitsFor] ?? `waits: ${flow.waitsFor}`;
}

export const KINDS = [
  ["", "All"],
  ["moving", "Copying"],
  ["waiting", "Waiting"],
  ["paused", "Suspended"],
  ["failed", "Failed"],
  ["done", "Completed"],
  ["over", "Terminated"],
];

export function isFinal(state) {
  return state === "COMPLETED" || state === "TERMINATED";
}

/** What may be told to a flow in a state, as the protocol has it. */
export function mayBeTold(state, waitsFor) {
  return {
    approve: waitsFor === "approval",
    suspend: state === "STARTED",
    resume: state === "SUSPENDED" || (state === "STARTED" && waitsFor === "credentials"),
    terminate: !isFinal(state),
  };
}
