// Sagas as a list: in the overview, and as the result of a search.
import { html } from "../state/html.js";
import { to } from "../state/route.js";
import { duration, secondsSince, visible } from "../words.js";
import { label } from "../state/app.js";
import { Icon } from "./icons.js";
import { Status, Text, Time } from "./ui.js";

const TERMS_SHOWN = 4;

export function Flags({ row }) {
  if (!row.has_letters && !row.has_findings) return null;
  return html`<span class="flags">
    ${row.has_letters && html`<span class="flag"><${Icon} name="letter" />dead letter</span>`}
    ${row.has_findings && html`<span class="flag"><${Icon} name="broken" />breaks a rule</span>`}
  </span>`;
}

export function Terms({ terms, without = [] }) {
  const pairs = Object.entries(terms).flatMap(([field, values]) => values.map((value) => [field, value])).filter(([field]) => !without.includes(field)).sort((a, b) => a[1].length - b[1].length);
  return html`<span class="terms">
    ${pairs.slice(0, TERMS_SHOWN).map(([field, value]) => html`<span class="term"><span class="term-field">${visible(field)}</span> <${Text} of=${value} /></span>`)}
    ${pairs.length > TERMS_SHOWN && html`<span class="term">+${pairs.length - TERMS_SHOWN}</span>`}
  </span>`;
}

// The arrow keys move between the links of a list.
export function moveInList(event) {
  const step = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
  const links = [...event.currentTarget.querySelectorAll("[data-item]")];
  const next = links[links.indexOf(document.activeElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

export const SagaList = ({ rows, now, empty, terms = true }) =>
  rows.length === 0
    ? html`<p class="empty">${empty}</p>`
    : html`<ul class="sagas" onKeyDown=${moveInList}>
        ${rows.map((row) => html`<${SagaItem} key=${row.id} row=${row} now=${now} terms=${terms} />`)}
      </ul>`;

function SagaItem({ row, now, terms }) {
  const isOver = row.phase === "ended" || row.phase === "failed";
  return html`<li class="saga is-${row.is_stuck ? "stuck" : row.phase}">
    <a class="saga-link" href=${to.saga(row.id)} data-item><${Text} of=${row.id} /></a>
    <${Status} row=${row} />
    <span class="saga-why">
      ${row.reason && html`<span class="reason">because: <${Text} of=${row.reason} /></span>`}
      ${!isOver && html`<span class="muted">last: ${label(row.last)}, ${duration(secondsSince(row.updated_at, now))} ago</span>`}
      <${Flags} row=${row} />
      ${terms && html`<${Terms} terms=${row.terms} without=${["reason"]} />`}
    </span>
    <span class="saga-time muted"><${Time} at=${row.opened_at} /> <span class="nowrap">${row.ended_at ? `took ${duration(row.seconds)}` : isOver ? "" : `open for ${duration(secondsSince(row.opened_at, now))}`}</span></span>
  </li>`;
}
