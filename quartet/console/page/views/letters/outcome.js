// What an action did, letter by letter; for a dry run, what it would do.
import { html, useEffect, useRef } from "../../state/html.js";
import { label } from "../../state/app.js";
import { to } from "../../state/route.js";
import { Icon } from "../../parts/icons.js";
import { Problem, Text } from "../../parts/ui.js";
import { sentence, visible } from "../../words.js";

export function Outcome({ outcome, onClose }) {
  const heading = useRef(null);
  useEffect(() => heading.current?.focus(), [outcome]);
  return html`<section class="panel outcome" aria-labelledby="outcome-title">
    <header class="panel-head"><h2 id="outcome-title" tabindex="-1" ref=${heading}>${visible(outcome.title)}</h2><button type="button" class="quiet" onClick=${onClose}>Close</button></header>
    ${outcome.problem && html`<${Problem} what="Not everything was answered" of=${outcome.problem} />`}
    ${outcome.what === "plan" && html`<p class="muted">Nothing was done. This is the order in which they would be handled.</p>`}
    <ol class="plain outcome-list">
      ${outcome.results.map((one) => html`<li>
        <${Icon} name=${outcome.what === "plan" ? "step" : one.is_open ? "alert" : "ended"} />
        <span>${one.saga ? html`<a href=${to.saga(one.saga)}><${Text} of=${one.saga} /></a>` : html`<code><${Text} of=${one.id} /></code>`}: <strong><${Text} of=${one.became} /></strong>${one.detail && html` – <${Text} of=${one.detail} />`}${one.said.length > 0 && `, said ${sentence(one.said.map(label))}`}${one.is_open && outcome.what !== "plan" && html` <span class="flag">is a dead letter still</span>`}</span>
      </li>`)}
    </ol>
  </section>`;
}
