// Text for people: everything that comes from an event goes through `visible`, and reaches the page as a text node.

// Characters that change how their neighbours look, or that cannot be seen: controls, and the marks of writing direction.
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;

export function visible(value) {
  const text = typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
  return text.replace(HIDDEN, (one) => `\\u{${one.codePointAt(0).toString(16)}}`);
}

// The same for a body of several lines.
export const visibleLines = (text) => text.split(/\r?\n/).map(visible).join("\n");

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const one = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

export const count = (value) => whole.format(value);
export const counted = (value, word, words = `${word}s`) => `${count(value)} ${value === 1 ? word : words}`;
export const rate = (value) => (value > 0 && value < 0.1 ? "< 0.1/s" : `${value < 10 ? one.format(value) : whole.format(value)}/s`);

export function milliseconds(value) {
  return value < 1000 ? `${whole.format(value)} ms` : duration(value / 1000);
}

export function duration(seconds) {
  if (seconds < 1) return `${whole.format(Math.max(0, seconds) * 1000)} ms`;
  if (seconds < 10) return `${one.format(seconds)} s`;
  if (seconds < 60) return `${whole.format(Math.floor(seconds))} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return parts(minutes, "min", Math.floor(seconds % 60), "s");
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return parts(hours, "h", minutes % 60, "min");
  return parts(Math.floor(hours / 24), "d", hours % 24, "h");
}

const parts = (big, bigUnit, small, smallUnit) => (small ? `${big} ${bigUnit} ${small} ${smallUnit}` : `${big} ${bigUnit}`);

const pad = (value, size = 2) => String(value).padStart(size, "0");

export function clock(at) {
  const time = new Date(at);
  return Number.isNaN(time.valueOf()) ? visible(at) : `${pad(time.getHours())}:${pad(time.getMinutes())}:${pad(time.getSeconds())}`;
}

export function moment(at, now = Date.now()) {
  const time = new Date(at);
  if (Number.isNaN(time.valueOf())) return visible(at);
  const isToday = time.toDateString() === new Date(now).toDateString();
  return isToday ? clock(at) : `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())} ${clock(at)}`;
}

export const secondsSince = (at, now = Date.now()) => Math.max(0, (now - new Date(at).valueOf()) / 1000);

export const sentence = (words, last = "and") =>
  words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} ${last} ${words[words.length - 1]}`;

// The parts of a name such as RoomBooked, so that it may be broken between them.
export const humps = (name) => name.match(/[A-Z]?[^A-Z]+|[A-Z]+/g) ?? [name];

// A name on one line, or on two of nearly the same length.
export function twoLines(name, fits) {
  const parts = humps(name);
  if (name.length <= fits || parts.length < 2) return [name];
  const cuts = parts.slice(1).map((_, index) => [parts.slice(0, index + 1).join(""), parts.slice(index + 1).join("")]);
  return cuts.sort((a, b) => Math.max(a[0].length, a[1].length) - Math.max(b[0].length, b[1].length))[0];
}
