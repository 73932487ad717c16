// The state that each participant has stored now.
import { html } from "../../state/html.js";
import { Problem, isUnknown } from "../../parts/ui.js";
import { visible, visibleLines } from "../../words.js";

export function Parts({ found }) {
  if (isUnknown(found)) return html`<${Problem} of=${found.problem} />`;
  if (found.length === 0) return html`<p class="empty">No participant has stored anything about it.</p>`;
  return html`<div class="parts">${found.map((part) => html`<${Part} key=${part.participant} part=${part} />`)}</div>`;
}

const Part = ({ part }) => html`<details class="part">
  <summary><strong>${visible(part.participant)}</strong> <span class="muted">${said(part)}</span></summary>
  ${part.problem && html`<${Problem} of=${part.problem} />`}
  ${part.state !== null && html`<pre tabindex="0">${visibleLines(JSON.stringify(part.state, null, 2))}</pre>`}
</details>`;

function said(part) {
  if (part.problem) return "could not be looked at";
  if (part.state === null) return "has stored nothing";
  return typeof part.state.status === "string" ? visible(part.state.status) : `${Object.keys(part.state).length} fields`;
}
