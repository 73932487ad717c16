// What an event changed in the state of each participant: before and after, with a sign for those who see no colour.
import { html, useState } from "../../state/html.js";
import { Text, Time } from "../../parts/ui.js";
import { sentence, visible } from "../../words.js";

const AT_FIRST = 12;
const LONG = 160;

export function Changes({ states, event }) {
  if (states.length === 0) return html`<p class="empty">${event.repeats || event.problem ? "Nothing." : "No change of a participant's state is known."}</p>`;
  return html`<div class="changes">${states.map((state) => html`<${State} key=${state.participant + state.at} state=${state} event=${event} />`)}</div>`;
}

function State({ state, event }) {
  const [all, setAll] = useState(false);
  const others = state.events.filter((number) => number !== event.number);
  const shown = all ? state.changes : state.changes.slice(0, AT_FIRST);
  return html`<section class="state">
    <h4>${visible(state.participant)} <span class="muted"><${Time} at=${state.at} precise />${others.length > 0 && ` · ${state.note ? "together" : "written at one time"} with ${others.length === 1 ? "event" : "events"} ${sentence(others.map(String))}`}</span></h4>
    ${state.note && html`<p class="muted small"><${Text} of=${state.note} /></p>`}
    ${state.changes.length > 0 && html`<ul class="diff">${shown.map((change) => html`<${Change} key=${change.path} change=${change} />`)}</ul>`}
    ${shown.length < state.changes.length && html`<button type="button" class="quiet" onClick=${() => setAll(true)}>Show ${state.changes.length - shown.length} more</button>`}
  </section>`;
}

const isThere = (value) => value !== null && value !== undefined;

// A value on one line that can be broken between its parts.
const valued = (value) => (value === "" ? "(no text)" : typeof value === "string" ? value : JSON.stringify(value, null, 1).replace(/\n\s*/g, " "));

// A long one is cut until it is asked for.
function Value({ of }) {
  const [all, setAll] = useState(false);
  const text = valued(of);
  if (all || text.length <= LONG) return html`<${Text} of=${text} />`;
  return html`<${Text} of=${text.slice(0, LONG)} />… <button type="button" class="as-link" onClick=${() => setAll(true)}>all ${text.length} characters</button>`;
}

const Change = ({ change }) => html`<li>
  <code class="diff-path"><${Text} of=${change.path} /></code>
  <span class="diff-values">
    ${isThere(change.before) && html`<del><span aria-hidden="true">− </span><span class="for-readers">was </span><${Value} of=${change.before} /></del>`}
    ${isThere(change.after) && html`<ins><span aria-hidden="true">+ </span><span class="for-readers">is </span><${Value} of=${change.after} /></ins>`}
    ${!isThere(change.before) && !isThere(change.after) && html`<span class="muted">empty</span>`}
  </span>
</li>`;
