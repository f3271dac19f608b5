// Which view is shown. A view is a function (main, signal, rest of the address).

import { begin, setKey } from "./api.js";
import { announce, h, put, say } from "./dom.js";
import { flows } from "./flows.js";
import { refused } from "./refused.js";

const LATER = {
  flow: () => import("./flow.js"),
  endpoints: () => import("./endpoints.js"),
  workers: () => import("./workers.js"),
};
const main = document.getElementById("main");
let leaving = new AbortController();
let first = true;

begin({ onLocked: askForKey, onLine: showLine });
addEventListener("hashchange", show);
show();

async function show() {
  const [name, ...rest] = location.hash.replace(/^#\/?/, "").split("/");
  if (location.hash === "#main") return;
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  mark(name || "flows");
  try {
    const view = name && LATER[name] ? (await LATER[name]()).default : flows;
    if (signal.aborted) return;
    put(main);
    scrollTo(0, 0);
    if (!first) main.focus();
    first = false;
    await view(main, signal, decodeURIComponent(rest.join("/")));
  } catch (error) {
    if (!signal.aborted) put(main, h("div", { class: "card" }, refused(error), h("p", {}, h("a", { href: "#/" }, "All flows"))));
  }
}

function mark(name) {
  for (const each of document.querySelectorAll("nav [data-view]")) {
    const here = each.dataset.view === name || (name === "flow" && each.dataset.view === "flows");
    if (here) each.setAttribute("aria-current", "page");
    else each.removeAttribute("aria-current");
  }
}

function showLine(kind, text) {
  document.getElementById("line").dataset.is = kind;
  const words = document.getElementById("line-text");
  if (kind === "lost" && words.textContent !== text) announce(text);
  say(words, text);
}

function askForKey(refusal) {
  const dialog = document.getElementById("key-dialog");
  const input = document.getElementById("key-input");
  const wrong = document.getElementById("key-problem");
  wrong.hidden = !refusal;
  if (refusal) say(wrong, `${refusal.code}: ${refusal.message}`);
  input.value = "";
  dialog.showModal();
  input.focus();
  return new Promise((resolve) => {
    dialog.oncancel = (event) => event.preventDefault();
    document.getElementById("key-form").onsubmit = (event) => {
      event.preventDefault();
      setKey(input.value.trim());
      input.value = "";
      dialog.close();
      resolve();
    };
  });
}
