// One dead letter, whole.
import { html } from "../../state/html.js";
import { useData } from "../../state/api.js";
import { label } from "../../state/app.js";
import { to } from "../../state/route.js";
import { CopyLink, Loading, Text, Time } from "../../parts/ui.js";
import { visible, visibleLines } from "../../words.js";
import { Message } from "../saga/event.js";
import { Actions } from "./actions.js";

export function Letter({ participant, id, onDone }) {
  const { data, error, reload } = useData(`/api/dead-letters/${encodeURIComponent(participant)}/${encodeURIComponent(id)}`);
  if (error?.status === 404) return html`<p class="notice">This dead letter is no longer there: it was redriven or discarded.</p>`;
  if (!data) return html`<${Loading} error=${error} what="The dead letter" retry=${reload} />`;
  const { row } = data;
  const acted = (result) => {
    onDone(result);
    reload();
  };
  return html`<section class="panel letter" aria-labelledby="letter-title">
    <header class="panel-head"><h2 id="letter-title">${label(row.type) || "A message without a type"}, not handled by ${visible(row.participant)}</h2><${CopyLink} /></header>
    <p class="story"><${Text} of=${row.reason} />${row.detail && html`: <${Text} of=${row.detail} />`}</p>
    <dl class="facts">
      <div><dt>Saga</dt><dd>${row.saga ? html`<a href=${to.saga(row.saga)}><${Text} of=${row.saga} /></a>` : "none: the message could not be read"}</dd></div>
      <div><dt>Since</dt><dd><${Time} at=${row.at} /></dd></div>
      ${row.waits && html`<div><dt>Waits</dt><dd>behind another dead letter of the same saga</dd></div>`}
      ${Object.entries(data.facts).map(([name, value]) => html`<div><dt>${visible(name)}</dt><dd><${Text} of=${value} /></dd></div>`)}
    </dl>
    ${data.error && html`<h3>Error</h3><pre tabindex="0" aria-label="Error">${visibleLines(data.error)}</pre>`}
    <h3>Message</h3>
    <${Message} raw=${data} />
    <${Actions} participant=${row.participant} ids=${[row.id]} onDone=${acted} />
  </section>`;
}
