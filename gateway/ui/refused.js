// A refusal in words: its code, what happened, and what may help.

import { Refusal } from "./api.js";
import { h } from "./dom.js";

export function refused(error) {
  const code = error instanceof Refusal ? error.code : "page";
  const remedy = error.remedy ? `Remedy (${error.owner || "operator"}): ${error.remedy}.` : "";
  return h("p", { class: "problem", role: "alert" }, h("code", {}, code), `: ${error.message}. `, remedy);
}

/** What an older gateway, or one without this, has instead of an answer. */
export function missing(what) {
  return h("p", { class: "note" }, `This gateway does not offer ${what}.`);
}
