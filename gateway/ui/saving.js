// Files to keep: asked for with the key, which a plain link could not send.

import { getBlob } from "./api.js";
import { h } from "./dom.js";

export async function save(path, name, signal) {
  keep(await getBlob(path, signal), name);
}

export function keep(blob, name) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
