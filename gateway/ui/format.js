// Numbers and times in words, as the command line says them.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const whole = new Intl.NumberFormat("en");
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

export const NONE = "–";

export function count(number) {
  return whole.format(number);
}

export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

export function bytes(number) {
  let value = number;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 || Number.isInteger(value) ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

export function rate(number) {
  return number === null || number === undefined ? NONE : `${bytes(number)}/s`;
}

export function duration(seconds) {
  const all = Math.round(seconds);
  if (all < 60) return `${all} s`;
  if (all < 3600) return `${Math.floor(all / 60)} min${all % 60 && all < 600 ? ` ${all % 60} s` : ""}`;
  if (all < 86400) return `${Math.floor(all / 3600)} h${all % 3600 >= 60 ? ` ${Math.floor((all % 3600) / 60)} min` : ""}`;
  return `${Math.floor(all / 86400)} d${all % 86400 >= 3600 ? ` ${Math.floor((all % 86400) / 3600)} h` : ""}`;
}

/** A range of time that is left; an open end where nobody can tell. */
export function left(range) {
  if (!range) return NONE;
  if (range.high === null) return `over ${duration(range.low)}`;
  const [low, high] = [duration(range.low), duration(range.high)];
  return low === high ? low : `${low} – ${high}`;
}

export function time(moment) {
  if (!moment) return NONE;
  const at = new Date(moment);
  const today = new Date().toDateString() === at.toDateString();
  return today ? clock.format(at) : `${day.format(at)}, ${clock.format(at)}`;
}

export function ago(moment) {
  const seconds = (Date.now() - new Date(moment)) / 1000;
  if (seconds < 5) return "now";
  if (seconds < 60) return `${Math.floor(seconds / 5) * 5} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return day.format(new Date(moment));
}

/** `data-flow.start-confirmed.v1` as "data flow: start confirmed". */
export function topic(name) {
  const [category, what] = name.replace(/\.v\d+$/, "").split(".");
  return what ? `${category.replaceAll("-", " ")}: ${what.replaceAll("-", " ")}` : name;
}

/** A name of the wire, such as `objectsTotal` or `waits_for`, as words. */
export function words(name) {
  return name.replace(/([a-z])([A-Z])/g, "$1 $2").replaceAll(/[_-]/g, " ").toLowerCase();
}
