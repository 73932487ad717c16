// What is still to come, from whom, and since when.
import { html } from "../../state/html.js";
import { label } from "../../state/app.js";
import { Icon } from "../../parts/icons.js";
import { Problem, Text, isUnknown } from "../../parts/ui.js";
import { duration, sentence, visible } from "../../words.js";

export function Owed({ owed, letters, row, choose }) {
  if (isUnknown(owed)) return html`<${Problem} what="What is still to come is unknown" of=${owed.problem} />`;
  const isOver = row.phase === "ended" || row.phase === "failed";
  const isClear = !isUnknown(letters) && letters.length === 0;
  if (owed.length === 0) return isOver || !isClear ? null : html`<p class="owed-none muted"><${Icon} name="open" />Every participant has handled every event so far.</p>`;
  return html`<section class="owed" aria-labelledby="owed-title">
    <h2 id="owed-title"><${Icon} name="stuck" />Still to come</h2>
    <ul class="plain">
      ${owed.map((one) => html`<li>
        <strong>${visible(one.participant)}</strong> has not handled <button type="button" class="as-link" onClick=${() => choose(one.event)}>${one.event} ${label(one.type)}</button> for <strong>${duration(one.since_seconds)}</strong>: <${Text} of=${one.why} />. <span class="muted">${one.expected.length ? `Expected: ${sentence(one.expected.map(label), "or")}.` : "It only notes it: no answer is expected."}</span>
      </li>`)}
    </ul>
  </section>`;
}
