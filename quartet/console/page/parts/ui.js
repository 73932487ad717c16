// Small parts that every view uses.
import { html, useEffect, useRef, useState } from "../state/html.js";
import { say } from "./announce.js";
import { Icon } from "./icons.js";
import { clock, moment, visible } from "../words.js";

// Text of which a part may come from an event: its direction of writing stays inside.
export const Text = ({ of, class: name }) => html`<bdi class=${name}>${visible(of)}</bdi>`;

export const Time = ({ at, precise = false }) => html`<time datetime=${at} title="${at} (UTC)">${precise ? clock(at) : moment(at)}</time>`;

const WORDS = { open: "open", compensating: "compensating", ended: "ended", failed: "failed", stuck: "stuck" };

// How a saga stands: a shape, a word and a colour.
export function Status({ row }) {
  const look = row.status === "compensation-failed" ? "failed" : row.is_stuck ? "stuck" : row.phase;
  return html`<span class="status is-${look}"><${Icon} name=${look} /><${Text} of=${row.status || WORDS[look]} /></span>`;
}

const KINDS = { input: "input", step: "step", compensation: "compensating", failed_compensation: "failed", end: "ended", failed_end: "failed", unknown: "unknown" };
export const KIND_WORDS = {
  input: "comes from outside",
  step: "a step forward",
  compensation: "a failure, or a compensation",
  failed_compensation: "a compensation that failed: a person must act",
  end: "the end",
  failed_end: "the end: the saga did not do what it began for",
  unknown: "of no known type",
};

export const kindLook = (kind) => KINDS[kind] ?? "unknown";
export const KindIcon = ({ kind }) => html`<${Icon} name=${kindLook(kind)} />`;

export const Panel = ({ title, id, children, aside, class: name = "" }) => html`<section class="panel ${name}" aria-labelledby=${id}>
  <header class="panel-head"><h2 id=${id}>${title}</h2>${aside}</header>
  ${children}
</section>`;

export const isUnknown = (value) => value !== null && typeof value === "object" && !Array.isArray(value) && typeof value.problem === "string" && Object.keys(value).length === 1;

// What could not be looked at. It must never look like "nothing is wrong".
export const Problem = ({ of, what = "This could not be looked at" }) => html`<p class="problem"><${Icon} name="unknown" /><span><strong>${what}:</strong> <${Text} of=${of} /></span></p>`;

export const Empty = ({ children }) => html`<p class="empty">${children}</p>`;

export function Loading({ error, what, retry }) {
  if (!error) return html`<p class="loading" role="status">Loading ${what} …</p>`;
  return html`<div class="problem" role="alert"><${Icon} name="alert" /><span><strong>${what} could not be loaded.</strong> <${Text} of=${error.message} /> ${retry && html`<button type="button" onClick=${retry}>Try again</button>`}</span></div>`;
}

export function CopyLink() {
  const [done, setDone] = useState("");
  useEffect(() => {
    if (!done) return undefined;
    const timer = setTimeout(() => setDone(""), 4000);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      setDone("Link copied");
      say("Link copied");
    } catch {
      setDone("The browser does not allow it: copy the address");
    }
  };
  return html`<button type="button" class="quiet" onClick=${copy}><${Icon} name="link" />${done || "Copy link"}</button>`;
}

// The width of an element in pixels, as it changes.
export function useWidth() {
  const element = useRef(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const watcher = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    watcher.observe(element.current);
    return () => watcher.disconnect();
  }, []);
  return [element, width];
}

// Now, in milliseconds; it advances while the view is open.
export function useNow(everyMs = 1000) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

export function useTitle(title) {
  useEffect(() => {
    document.title = `${title} · Quartet console`;
  }, [title]);
}
