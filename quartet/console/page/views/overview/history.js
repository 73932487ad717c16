// Sagas by status over the last hour: how many were open, and how they ended in each minute.
import { html, useMemo } from "../../state/html.js";
import { kindOf, label } from "../../state/app.js";
import { clock } from "../../words.js";
import { Chart } from "../../parts/chart.js";
import { Icon } from "../../parts/icons.js";

export function History({ history }) {
  const at = useMemo(() => history.map((minute) => new Date(minute.at).valueOf() / 1000), [history]);
  const types = useMemo(() => [...new Set(history.flatMap((minute) => Object.keys(minute.ended)))].sort(byKind), [history]);
  const open = [
    { name: "open", look: "open", values: history.map((minute) => minute.open) },
    { name: "compensating", look: "compensating", dashed: true, values: history.map((minute) => minute.compensating) },
  ];
  const ended = types.map((type) => ({
    name: label(type),
    look: kindOf(type) === "failed_end" ? "failed" : "ended",
    values: history.map((minute) => minute.ended[type] ?? 0),
  }));
  if (history.length === 0) return html`<p class="empty">There is no history yet.</p>`;
  return html`<div class="history">
    <h3>Open at the end of each minute <${Legend} series=${open} /></h3>
    <${Chart} at=${at} series=${open} kind="lines" />
    <h3>Ended in each minute <${Legend} series=${ended} /></h3>
    ${ended.length === 0 ? html`<p class="empty">No saga has ended in this hour.</p>` : html`<${Chart} at=${at} series=${ended} kind="stacks" />`}
    <details><summary>The same as a table</summary><${Table} history=${history} types=${types} /></details>
  </div>`;
}

const byKind = (a, b) => (kindOf(a) === "failed_end") - (kindOf(b) === "failed_end") || a.localeCompare(b);

const Legend = ({ series }) => html`<span class="legend">${series.map((one) => html`<span class="legend-entry is-${one.look}"><${Icon} name=${one.look} />${one.name}</span>`)}</span>`;

function Table({ history, types }) {
  const busy = [...history].reverse().filter((minute) => minute.began || minute.open || minute.compensating || Object.keys(minute.ended).length);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="The last hour as a table">
    <table class="figures">
      <thead><tr><th scope="col">minute</th><th scope="col" class="number">began</th><th scope="col" class="number">open</th><th scope="col" class="number">compensating</th>${types.map((type) => html`<th scope="col" class="number">${label(type)}</th>`)}</tr></thead>
      <tbody>${busy.map((minute) => html`<tr><th scope="row">${clock(minute.at)}</th><td class="number">${minute.began}</td><td class="number">${minute.open}</td><td class="number">${minute.compensating}</td>${types.map((type) => html`<td class="number">${minute.ended[type] ?? 0}</td>`)}</tr>`)}</tbody>
    </table>
  </div>`;
}
