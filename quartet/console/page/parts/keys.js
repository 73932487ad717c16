// Keys that work in every view. Those of a single character can be turned off in the help (WCAG 2.1.4).
import { go, to } from "../state/route.js";
import { shortcuts } from "../state/settings.js";
import { helpIsOpen } from "./help.js";

const GOES_TO = { o: to.overview, s: to.search, d: to.letters, a: to.audit };
const CHORD_MS = 1_500;
let chordUntil = 0;

const isTyping = (target) => target.closest?.("input, textarea, select, [contenteditable]") != null;

export function listenToKeys() {
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.id === "find") event.target.blur();
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (shortcuts.get() === "off" || document.querySelector("dialog[open]")) return;
    if (act(event.key)) event.preventDefault();
  });
}

function act(key) {
  const inChord = Date.now() < chordUntil;
  chordUntil = 0;
  if (inChord && GOES_TO[key]) return go(GOES_TO[key]()) || true;
  if (key === "g") chordUntil = Date.now() + CHORD_MS;
  else if (key === "/") document.getElementById("find").select();
  else if (key === "?") helpIsOpen.set(true);
  else return false;
  if (key === "/") document.getElementById("find").focus();
  return true;
}
