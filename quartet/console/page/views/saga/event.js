// One event: who said it and why, what it changed, and its bytes on demand.
import { html, useState } from "../../state/html.js";
import { get } from "../../state/api.js";
import { label } from "../../state/app.js";
import { Icon } from "../../parts/icons.js";
import { KIND_WORDS, KindIcon, Loading, Problem, Text, Time, isUnknown, kindLook } from "../../parts/ui.js";
import { counted, milliseconds, sentence, visible, visibleLines } from "../../words.js";
import { Changes } from "./changes.js";

export function EventPanel({ saga, event, choose }) {
  const cause = saga.events.find((one) => one.number === event.cause);
  const effects = saga.events.filter((one) => one.cause === event.number && !one.repeats);
  return html`<section class="panel event-panel" aria-labelledby="event-title">
    <header class="panel-head"><h2 id="event-title"><span class="kind is-${kindLook(event.kind)}"><${KindIcon} kind=${event.kind} /></span>${event.number} ${label(event.type)}</h2></header>
    ${event.problem && html`<p class="problem"><${Icon} name="alert" /><span><strong>It has no effect:</strong> <${Text} of=${event.problem} /></span></p>`}
    <dl class="facts is-narrow">
      <div><dt>Said by</dt><dd>${event.sayer ? visible(event.sayer) : html`no known participant: <${Text} of=${event.source} />`}, <${Time} at=${event.at} precise /> <span class="muted">(+${milliseconds(event.ms)})</span></dd></div>
      <div><dt>It is</dt><dd>${event.repeats ? html`a repeat of <${Number_} event=${saga.events.find((one) => one.number === event.repeats)} choose=${choose} />: it changes nothing` : KIND_WORDS[event.kind]}</dd></div>
      ${event.remark && html`<div><dt>Says</dt><dd><${Text} of=${event.remark} /></dd></div>`}
      <div><dt>Because of</dt><dd>${cause ? html`<${Number_} event=${cause} choose=${choose} />` : "nothing before it"}</dd></div>
      <div><dt>Heard by</dt><dd>${event.heard_by.length ? sentence(event.heard_by.map(visible)) : "no participant"}</dd></div>
      ${effects.length > 0 && html`<div><dt>Led to</dt><dd>${effects.map((one) => html`<${Number_} event=${one} choose=${choose} /> `)}</dd></div>`}
    </dl>
    <h3>What it changed</h3>
    ${isUnknown(saga.states) ? html`<${Problem} of=${saga.states.problem} />` : html`<${Changes} states=${saga.states.filter((one) => one.events.includes(event.number))} event=${event} />`}
    <${Raw} saga=${saga} event=${event} />
  </section>`;
}

const Number_ = ({ event, choose }) => (event ? html`<button type="button" class="as-link" onClick=${() => choose(event.number)}>${event.number} ${label(event.type)}</button>` : "an event that is not shown");

function Raw({ saga, event }) {
  const [state, setState] = useState({ raw: null, error: null });
  const [isOpen, setIsOpen] = useState(false);
  const toggle = (happened) => {
    setIsOpen(happened.currentTarget.open);
    if (!happened.currentTarget.open || state.raw) return;
    get(`/api/sagas/${encodeURIComponent(saga.row.id)}/events/${event.number}`).then((raw) => setState({ raw, error: null }), (error) => setState({ raw: null, error }));
  };
  return html`<details class="raw" onToggle=${toggle}>
    <summary>The event as the hub has it</summary>
    ${isOpen && (state.raw ? html`<${Message} raw=${state.raw} />` : html`<${Loading} error=${state.error} what="The event" />`)}
    <dl class="facts is-narrow">
      <div><dt>Id</dt><dd><code><${Text} of=${event.event_id} /></code></dd></div>
      <div><dt>Source</dt><dd><code><${Text} of=${event.source} /></code></dd></div>
      <div><dt>Place</dt><dd>${event.hub && html`<code>${visible(event.hub)}</code>, `}partition ${visible(event.partition)}, sequence number ${event.sequence_number}</dd></div>
    </dl>
  </details>`;
}

// A message of the hub, or of a dead letter: its body, pretty if it is JSON, and its properties.
export const Message = ({ raw }) => html`<p class="muted small"><${Text} of=${raw.content_type || "no content type"} />${raw.is_text === false && ": not text, shown in hexadecimal digits"}${raw.is_whole === false && ` · only the beginning of ${counted(raw.size, "byte")}`}</p>
  <pre tabindex="0" aria-label="Body">${visibleLines(pretty(raw.body))}</pre>
  ${Object.keys(raw.properties).length > 0 && html`<h4>Properties</h4><pre tabindex="0" aria-label="Properties">${visibleLines(JSON.stringify(raw.properties, null, 2))}</pre>`}`;

function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
