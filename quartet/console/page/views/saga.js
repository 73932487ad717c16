// One saga: its story, what is still to come, and its events in a lane per participant.
import { html, useCallback } from "../state/html.js";
import { useData } from "../state/api.js";
import { useNews } from "../state/live.js";
import { go, to } from "../state/route.js";
import { Icon } from "../parts/icons.js";
import { Flags, Terms } from "../parts/rows.js";
import { CopyLink, Loading, Panel, Status, Text, Time, useNow, useTitle } from "../parts/ui.js";
import { duration, secondsSince, visible } from "../words.js";
import { EventPanel } from "./saga/event.js";
import { Findings, Letters } from "./saga/trouble.js";
import { Lanes } from "./saga/lanes.js";
import { Owed } from "./saga/owed.js";
import { Parts } from "./saga/parts.js";
import { Summary } from "./saga/summary.js";

export function Saga({ rest, query }) {
  const id = rest.join("/");
  const { data, error, reload } = useData(`/api/sagas/${encodeURIComponent(id)}`);
  const now = useNow();
  useTitle(visible(id));
  useNews((ids) => ids.has(id), reload, 500);
  const choose = useCallback((number) => go(to.saga(id, number), { replace: true }), [id]);
  if (!data) {
    return html`<${Heading} id=${id} />${error?.status === 404 ? html`<p class="problem"><${Icon} name="unknown" /><span>No event of a saga <${Text} of=${id} /> is known here. Check the id, or <a href=${to.search(id)}>search for it</a>.</span></p>` : html`<${Loading} error=${error} what="The saga" retry=${reload} />`}`;
  }
  const { row } = data;
  const asked = Number(query.get("event"));
  const event = data.events.find((one) => one.number === asked) ?? telling(data);
  return html`
    <${Heading} id=${row.id} row=${row} />
    ${error && html`<${Loading} error=${error} what="The newer state of the saga" retry=${reload} />`}
    <p class="story"><${Text} of=${data.story} /></p>
    <${Summary} saga=${data} choose=${choose} />
    <${Letters} found=${data.letters} />
    <${Findings} found=${data.findings} />
    <${Owed} owed=${data.owed} letters=${data.letters} row=${row} choose=${choose} />
    <div class="columns saga-columns">
      <${Panel} title="What happened" id="lanes-title" aside=${html`<span class="muted">time runs downwards; a lane for each participant</span>`}>
        <${Lanes} saga=${data} chosen=${event?.number} choose=${choose} />
      <//>
      ${event && html`<${EventPanel} key=${event.number} saga=${data} event=${event} choose=${choose} />`}
    </div>
    <${Panel} title="What each participant has stored now" id="parts-title"><${Parts} found=${data.parts} /><//>
    <dl class="facts">
      <div><dt>Began</dt><dd><${Time} at=${row.opened_at} /></dd></div>
      <div><dt>${row.ended_at ? "Ended" : "Last news"}</dt><dd>${row.ended_at ? html`<${Time} at=${row.ended_at} />, took ${duration(row.seconds)}` : html`<${Time} at=${row.updated_at} />, ${duration(secondsSince(row.updated_at, now))} ago`}</dd></div>
      <div><dt>Events</dt><dd>${row.events}${row.events > data.events.length ? `, of which ${data.events.length} are kept and shown` : ""}</dd></div>
      ${data.trace_id && html`<div><dt>Trace</dt><dd><code><${Text} of=${data.trace_id} /></code></dd></div>`}
      <div><dt>Search terms</dt><dd><${Terms} terms=${row.terms} /></dd></div>
    </dl>`;
}

// The event that says most about the saga: what went wrong, or else the last one.
function telling({ events }) {
  return events.find((event) => event.kind === "compensation" && !event.repeats) ?? events[events.length - 1];
}

const Heading = ({ id, row }) => html`<div class="saga-head">
  <h1 tabindex="-1"><${Text} of=${id} /></h1>
  ${row && html`<${Status} row=${row} /><${Flags} row=${row} />`}
  <${CopyLink} />
</div>`;
