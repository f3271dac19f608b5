// The gateway's doors. Everything goes through here: key, refusals, looking again.

const BASE = new URL("../", document.baseURI);
const KEY = "waybill.key";
const FASTEST = 1000;
const SLOWEST = 15000;

let asks = null;
let lock = () => {};
let line = () => {};

/** `onLocked(problem)` asks for a key and resolves when there is one; `onLine` shows. */
export function begin({ onLocked, onLine }) {
  lock = onLocked;
  line = onLine;
}

export function setKey(text) {
  sessionStorage.setItem(KEY, text);
}

/** A refusal of the gateway, in its own words. */
export class Refusal extends Error {
  constructor(status, told) {
    super(told.detail ?? `the gateway answered ${status}`);
    this.status = status;
    this.code = told.code ?? `http ${status}`;
    this.remedy = told.remedy ?? "";
    this.owner = told.owner ?? "";
    this.requestId = told.requestId ?? "";
  }

  /** The address is not there: an older gateway, or nothing of the kind. */
  get absent() {
    return this.status === 404 && this.code !== "flow.unknown";
  }
}

export function flowPath(id, rest = "", area = "management/dataflows") {
  return `${area}/${encodeURIComponent(id)}${rest}`;
}

/** The `after` that follows a page of events; `position` is how far was searched for it. */
export function following(page, after) {
  return page.next ?? page.position ?? page.events.at(-1)?.position ?? after;
}

export async function get(path, query = {}, signal) {
  const url = new URL(path, BASE);
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== null && each !== undefined && each !== "") url.searchParams.append(name, each);
    }
  }
  return (await answered(url, { signal })).json();
}

/** A file, as it is sent. */
export async function getBlob(path, signal, accept = "*/*") {
  return (await answered(new URL(path, BASE), { signal, headers: { Accept: accept } })).blob();
}

/** Tell a flow something; gives whether the workers have confirmed it. */
export async function tell(path, body = {}) {
  const said = { messageId: messageId(), ...body };
  const answer = await answered(new URL(path, BASE), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(said),
  });
  return answer.headers.get("Waybill-Confirmation");
}

async function answered(url, options) {
  for (;;) {
    const key = sessionStorage.getItem(KEY);
    const headers = { Accept: "application/json", ...options.headers };
    if (key) headers.Authorization = `Bearer ${key}`;
    const answer = await fetch(url, { ...options, headers, cache: "no-store", credentials: "omit" });
    if (answer.ok) return answer;
    const refusal = new Refusal(answer.status, await answer.json().catch(() => ({})));
    if (answer.status !== 401) throw refusal;
    // One question, whoever asks meanwhile; not where the key has changed since.
    if (key === sessionStorage.getItem(KEY)) asks ??= lock(key ? refusal : null).finally(() => { asks = null; });
    await asks;
    options.signal?.throwIfAborted();
  }
}

function messageId() {
  const random = crypto.getRandomValues(new Uint8Array(16));
  return `ui-${Array.from(random, (each) => each.toString(16).padStart(2, "0")).join("")}`;
}

/** Look again and again until the signal: `look` gives the milliseconds to wait, or none. */
export async function keepLooking(signal, look) {
  let failures = 0;
  while (!signal.aborted) {
    let pause = FASTEST;
    try {
      pause = (await look(signal)) ?? FASTEST;
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refusal && error.status < 500 && error.status !== 429) throw error;
      failures += 1;
      pause = Math.min(FASTEST * 2 ** failures, SLOWEST);
      line("lost", "no connection, trying again");
    }
    await pausing(pause, signal);
  }
}

/** How far behind the log an answer was. */
export function lagging(lag) {
  if (lag && lag.seconds > 2) line("late", `${Math.round(lag.seconds)} s behind the log`);
  else line("live", "live");
}

async function pausing(milliseconds, signal) {
  await new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
  // Nobody looks: nothing is asked.
  while (document.hidden && !signal.aborted) {
    await new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
  }
}
