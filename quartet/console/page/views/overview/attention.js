// What does not continue without a person: stalled partitions, dead letters, stuck sagas, broken rules.
import { html } from "../../state/html.js";
import { app } from "../../state/app.js";
import { to } from "../../state/route.js";
import { counted, duration, visible } from "../../words.js";
import { Icon } from "../../parts/icons.js";
import { Problem, Text, isUnknown } from "../../parts/ui.js";
import { SagaList } from "../../parts/rows.js";

export function Attention({ now, clock }) {
  const items = [...stalled(now.lag), ...letters(now.letters), ...findings(now.findings)];
  const isClear = items.length === 0 && now.stuck === 0;
  return html`<div class="attention">
    ${isClear && html`<p class="all-clear"><${Icon} name="ended" />Nothing. No saga is stuck, no partition is stalled, and there is no dead letter.</p>`}
    ${items.length > 0 && html`<ul class="plain">${items}</ul>`}
    ${now.stuck > 0 &&
    html`<h3><${Icon} name="stuck" />${counted(now.stuck, "saga")} without news for ${duration(app().stuck_after)} or more</h3>
      <${SagaList} rows=${now.stuck_sagas} now=${clock} terms=${false} empty="They are not listed here: search for status:stuck." />`}
  </div>`;
}

function stalled(lag) {
  if (isUnknown(lag)) return [html`<li><${Problem} what="Lag is unknown" of=${lag.problem} /></li>`];
  return lag
    .filter((one) => one.standing)
    .map((one) => html`<li class="trouble"><${Icon} name="alert" /><span><strong>${visible(one.participant)}</strong> is stalled in partition ${visible(one.partition)}${one.hub && ` of ${visible(one.hub)}`}: <${Text} of=${one.standing} /></span></li>`);
}

function letters(found) {
  if (isUnknown(found)) return [html`<li><${Problem} what="Dead letters are unknown" of=${found.problem} /></li>`];
  return Object.entries(found)
    .filter(([, number]) => number > 0)
    .map(([participant, number]) => html`<li class="trouble"><${Icon} name="letter" /><a href=${to.letters()}>${counted(number, "dead letter")} of ${visible(participant)}</a></li>`);
}

function findings(found) {
  if (isUnknown(found)) return [html`<li><${Problem} what="The audit is unknown" of=${found.problem} /></li>`];
  if (found === 0) return [];
  return [html`<li class="trouble"><${Icon} name="broken" /><a href=${to.audit()}>${found === 1 ? "1 rule is broken" : `${found} rules are broken`}</a></li>`];
}
