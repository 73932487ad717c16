// The answers to the first questions: why did it fail, and which compensations ran?
import { html } from "../../state/html.js";
import { label } from "../../state/app.js";
import { KindIcon, Text, kindLook } from "../../parts/ui.js";
import { visible } from "../../words.js";

export function Summary({ saga, choose }) {
  const { row, events } = saga;
  const counted = events.filter((event) => event.kind === "compensation" && !event.repeats && !event.problem);
  const byNumber = new Map(events.map((event) => [event.number, event]));
  const isUndoing = (event) => byNumber.get(event.cause)?.kind === "compensation";
  const failures = counted.filter((event) => !isUndoing(event));
  const undone = counted.filter(isUndoing);
  const refused = events.filter((event) => event.kind === "failed_compensation" && !event.repeats && !event.problem);
  const isDone = (event) => counted.some((one) => one.sayer === event.sayer && one.cause === event.cause && one.number > event.number);
  const open = refused.filter((event) => !isDone(event));
  const done = refused.filter(isDone);
  if (!row.reason && counted.length === 0 && refused.length === 0) return null;
  return html`<dl class="summary">
    ${row.reason && html`<div><dt>${row.phase === "failed" ? "Why it failed" : "Reason"}</dt><dd class="reason-large"><${Text} of=${row.reason} /></dd></div>`}
    ${failures.length > 0 && html`<div><dt>What went wrong</dt><dd><${Chips} events=${failures} choose=${choose} /></dd></div>`}
    ${open.length > 0 && html`<div><dt>Compensation failed: a person must act</dt><dd><${Chips} events=${open} choose=${choose} /></dd></div>`}
    ${done.length > 0 && html`<div><dt>Failed at first, done later</dt><dd><${Chips} events=${done} choose=${choose} /></dd></div>`}
    <div><dt>Compensations</dt><dd>${undone.length > 0 ? html`<${Chips} events=${undone} choose=${choose} />` : row.phase === "failed" && open.length === 0 ? "none: nothing had to be undone" : "none yet"}</dd></div>
  </dl>`;
}

const Chips = ({ events, choose }) => html`<ul class="chips">
  ${events.map((event) => html`<li><button type="button" class="chip is-${kindLook(event.kind)}" onClick=${() => choose(event.number)}><${KindIcon} kind=${event.kind} /><strong>${label(event.type)}</strong> <span>by ${visible(event.sayer || event.source)}</span></button></li>`)}
</ul>`;
