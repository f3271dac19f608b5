// Makes elements. Text is only ever text: nothing here, or anywhere, parses markup.

// Longer than this, a value has a line of its own.
const LONG = 36;
const SVG = "http://www.w3.org/2000/svg";

/** An element: properties, attributes (with "-" or of SVG), `on…` listeners, children. */
export function h(tag, given = {}, ...children) {
  return filled(document.createElement(tag), given, children);
}

/** Likewise, of SVG. */
export function svg(tag, given = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(given)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function filled(made, given, children) {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name.startsWith("data-") || name.startsWith("aria-") || name === "role" || name === "for" || name === "class")
      made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.flat().filter((each) => each !== null && each !== undefined));
  return made;
}

/** Change text only where it is another: a screen reader and a selection stay calm. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function put(element, ...children) {
  element.replaceChildren(...children.flat().filter(Boolean));
}

/** Told to who cannot see it, once the present words are over. */
export function announce(text) {
  say(document.getElementById("news"), text);
}

/** A term and what is said of it. */
export function facts(pairs) {
  return h("dl", { class: "facts" }, pairs.filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => h("div", { class: (value.textContent ?? value).length > LONG ? "wide" : "" }, h("dt", {}, name), h("dd", {}, value))));
}

export function table(columns, rows) {
  return h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": columns[0] + ", table" },
    h("table", {}, h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell) => h("td", {}, cell)))))));
}
