// What went wrong with the saga itself: dead letters and broken rules.
import { html } from "../../state/html.js";
import { label } from "../../state/app.js";
import { to } from "../../state/route.js";
import { Icon } from "../../parts/icons.js";
import { Problem, Text, Time, isUnknown } from "../../parts/ui.js";
import { visible } from "../../words.js";

export function Letters({ found }) {
  if (isUnknown(found)) return html`<${Problem} what="Dead letters are unknown" of=${found.problem} />`;
  if (found.length === 0) return null;
  return html`<ul class="plain trouble-list" aria-label="Dead letters of this saga">
    ${found.map((row) => html`<li class="trouble"><${Icon} name="letter" /><span><strong>${visible(row.participant)}</strong> could not handle ${label(row.type)}: <${Text} of=${row.reason} />${row.waits && " (it waits behind another dead letter)"}. <a href=${to.letter(row.participant, row.id)}>Open the dead letter</a></span></li>`)}
  </ul>`;
}

export function Findings({ found }) {
  if (isUnknown(found)) return html`<${Problem} what="The audit of this saga is unknown" of=${found.problem} />`;
  if (found.length === 0) return null;
  return html`<ul class="plain trouble-list" aria-label="Rules that this saga broke">
    ${found.map((one) => html`<li class="trouble"><${Icon} name=${one.resolved_at ? "rule" : "broken"} /><span><strong>${one.resolved_at ? "Broke a rule, and no longer does" : "Breaks a rule"}:</strong> <${Text} of=${one.rule} />. <${Text} of=${one.what} /> Since <${Time} at=${one.at} />${one.resolved_at && html`, until <${Time} at=${one.resolved_at} />`}. <a href=${to.audit()}>Audit</a></span></li>`)}
  </ul>`;
}
