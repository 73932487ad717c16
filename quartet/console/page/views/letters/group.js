// Dead letters of one participant with one reason: choose some, then redrive or discard them.
import { html, useState } from "../../state/html.js";
import { app, label } from "../../state/app.js";
import { to } from "../../state/route.js";
import { moveInList } from "../../parts/rows.js";
import { Text, Time } from "../../parts/ui.js";
import { counted, duration, secondsSince, visible } from "../../words.js";
import { Actions } from "./actions.js";

export function Group({ group, now, onDone, isShown }) {
  const [chosen, setChosen] = useState(new Set());
  const ids = group.letters.map((row) => row.id);
  const there = ids.filter((id) => chosen.has(id));
  const toggle = (id) => setChosen((old) => new Set(old.has(id) ? [...old].filter((one) => one !== id) : [...old, id]));
  const title = `group-${group.participant}-${group.reason}`.replace(/\W+/g, "-");
  return html`<section class="panel letters" aria-labelledby=${title}>
    <header class="panel-head"><h2 id=${title}>${visible(group.participant)}: <${Text} of=${group.reason} /></h2><span class="muted">${counted(group.count, "letter")}, the oldest ${duration(secondsSince(group.oldest_at, now))} ago</span></header>
    ${app().can_act && html`<div class="letters-bar">
      <label class="check"><input type="checkbox" checked=${there.length === ids.length} indeterminate=${there.length > 0 && there.length < ids.length} onChange=${() => setChosen(new Set(there.length === ids.length ? [] : ids))} /> All ${ids.length}${group.count > ids.length ? " that are listed" : ""}</label>
      <${Actions} participant=${group.participant} ids=${there} onDone=${(result) => { setChosen(new Set()); onDone(result); }} />
    </div>`}
    <ul class="plain letter-list" onKeyDown=${moveInList}>
      ${group.letters.map((row) => html`<li key=${row.id} class="letter-row ${isShown(row) ? "is-chosen" : ""}">
        ${app().can_act && html`<input type="checkbox" aria-label="Choose ${label(row.type)} of ${visible(row.saga ?? "no saga")}" checked=${chosen.has(row.id)} onChange=${() => toggle(row.id)} />`}
        <a href=${to.letter(row.participant, row.id)} data-item aria-current=${isShown(row) ? "true" : null}>${label(row.type) || "a message without a type"}</a>
        <span>${row.saga ? html`<a href=${to.saga(row.saga)}><${Text} of=${row.saga} /></a>` : html`<span class="muted">no saga</span>`}${row.waits && html` <span class="flag">waits behind another</span>`}</span>
        <span class="letter-detail"><${Text} of=${row.detail} /></span>
        <span class="muted nowrap"><${Time} at=${row.at} /></span>
      </li>`)}
    </ul>
    ${group.count > ids.length && html`<p class="muted small">The newest ${ids.length} are listed.</p>`}
  </section>`;
}
