// A list that is read page by page, and begins anew with another choice.

import { put } from "./dom.js";
import { refused } from "./refused.js";
import { turns } from "./turns.js";

/**
 * Gives `next()`, the page after, `press()`, the same for a button, and `choose()`, from
 * the beginning. `read(current)` reads a page; `current()` says whether the choice that it
 * was asked for is still the one. `begin()` forgets what is shown. What goes wrong at a
 * button stands in `wrong`.
 */
export function pages({ signal, begin, read, wrong }) {
  let choice = 0;
  const turn = turns();

  function next() {
    const mine = choice;
    const current = () => mine === choice;
    return turn(() => (current() ? read(current) : null));
  }

  async function press() {
    try {
      await next();
      put(wrong);
    } catch (error) {
      if (!signal.aborted) put(wrong, refused(error));
    }
  }

  function choose() {
    choice += 1;
    begin();
    return press();
  }

  return { next, press, choose };
}
