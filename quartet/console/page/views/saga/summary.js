// The answers to the first questions: why did it fail, and which compensations ran?
import { html } from "../../state/html.js";
import { label } from "../../state/app.js";
import { KindIcon, Text } from "../../parts/ui.js";
import { visible } from "../../words.js";

export function Summary({ saga, choose }) {
  const { row, events } = saga;
  const counted = events.filter((event) => event.kind === "compensation" && !event.repeats && !event.problem);
  const byNumber = new Map(events.map((event) => [event.number, event]));
  const isUndoing = (event) => byNumber.get(event.cause)?.kind === "compensation";
  const failures = counted.filter((event) => !isUndoing(event));
  const undone = counted.filter(isUndoing);
  if (!row.reason && counted.length === 0) return null;
  return html`<dl class="summary">
    ${row.reason && html`<div><dt>${row.phase === "failed" ? "Why it failed" : "Reason"}</dt><dd class="reason-large"><${Text} of=${row.reason} /></dd></div>`}
    ${failures.length > 0 && html`<div><dt>What went wrong</dt><dd><${Chips} events=${failures} choose=${choose} /></dd></div>`}
    <div><dt>Compensations</dt><dd>${undone.length > 0 ? html`<${Chips} events=${undone} choose=${choose} />` : row.phase === "failed" ? "none: nothing had to be undone" : "none yet"}</dd></div>
  </dl>`;
}

const Chips = ({ events, choose }) => html`<ul class="chips">
  ${events.map((event) => html`<li><button type="button" class="chip is-compensating" onClick=${() => choose(event.number)}><${KindIcon} kind=${event.kind} /><strong>${label(event.type)}</strong> <span>by ${visible(event.sayer || event.source)}</span></button></li>`)}
</ul>`;
