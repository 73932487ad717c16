// The latency of each step, from the event that a participant hears to its answer.
import { html } from "../../state/html.js";
import { kindOf, label } from "../../state/app.js";
import { count, milliseconds, visible } from "../../words.js";
import { KindIcon } from "../../parts/ui.js";

export function Steps({ steps }) {
  if (steps.length === 0) return html`<p class="empty">No step was taken in this time.</p>`;
  const longest = Math.max(...steps.map((step) => step.p99), 1);
  const sorted = [...steps].sort((a, b) => b.p95 - a.p95);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Latency of each step">
    <table class="figures">
      <thead><tr><th scope="col">Participant: event → answer</th><th scope="col" class="number">steps</th><th scope="col" class="number">p50</th><th scope="col" class="number">p95</th><th scope="col" class="number">p99</th></tr></thead>
      <tbody>
        ${sorted.map(
          (step) => html`<tr key=${step.cause + step.answer + step.participant}>
            <th scope="row"><strong>${visible(step.participant)}</strong> <span class="step-names"><span>${label(step.cause)}</span> → <span class="kind is-${kindOf(step.answer)}"><${KindIcon} kind=${kindOf(step.answer)} />${label(step.answer)}</span></span>
              <span class="bar" aria-hidden="true"><span class="bar-99" style=${{ width: `${(100 * step.p99) / longest}%` }}></span><span class="bar-95" style=${{ width: `${(100 * step.p95) / longest}%` }}></span><span class="bar-50" style=${{ width: `${(100 * step.p50) / longest}%` }}></span></span>
            </th>
            <td class="number">${count(step.count)}</td><td class="number">${milliseconds(step.p50)}</td><td class="number"><strong>${milliseconds(step.p95)}</strong></td><td class="number">${milliseconds(step.p99)}</td>
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
