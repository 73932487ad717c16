// The words of a search: `field:value`, or a word alone.
import { duration } from "../words.js";

const EXAMPLES = 6;

export const words = (q) => q.split(/\s+/).filter(Boolean);
export const has = (q, word) => words(q).includes(word);
const field = (word) => (word.includes(":") ? word.split(":", 1)[0] : null);
const SINGLE = ["status", "after"];

// With the word, or without it if it was there; a second status or time replaces the first, since no saga fits both.
export function toggled(q, word) {
  const kept = words(q).filter((one) => one !== word && !(SINGLE.includes(field(word)) && field(one) === field(word)));
  return (has(q, word) ? kept : [...kept, word]).join(" ");
}

// What can be asked, with examples from the sagas that are shown.
export function hints(rows, stuckAfter) {
  const seen = new Map();
  for (const row of rows) {
    if (row.reason && !seen.has("reason") && !/\s/.test(row.reason)) seen.set("reason", row.reason);
    for (const [name, values] of Object.entries(row.terms)) {
      const plain = values.find((value) => !/\s/.test(value));
      if (plain && !seen.has(name) && seen.size < EXAMPLES) seen.set(name, plain);
    }
  }
  return [
    { word: "status:failed", means: "sagas that did not do what they began for" },
    { word: "status:stuck", means: `open, and without news for ${duration(stuckAfter)}` },
    { word: "status:compensating", means: "undoing their work now" },
    { word: "status:compensation-failed", means: "a compensation failed: a person must act" },
    ...[...seen].map(([name, value]) => ({ word: `${name}:${value}`, means: name === "reason" ? "why a saga failed" : `the field ${name} of an event` })),
    { word: "after:1h", means: "began in the last hour; also 10m, 3d, or a time such as 2026-01-31T12:00:00Z" },
    { word: "before:1h", means: "began more than an hour ago" },
  ];
}
