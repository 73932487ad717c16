// The choreography, with what flows now: on each arrow a dot per stream of events, and its events per second.
import { html, useMemo, useState } from "../../state/html.js";
import { app, kindOf, label } from "../../state/app.js";
import { rate, sentence, visible } from "../../words.js";
import { Icon } from "../../parts/icons.js";
import { KindIcon, kindLook, useWidth } from "../../parts/ui.js";
import { path, placed } from "./graph_layout.js";

const READABLE = 0.82; // below this scale, letters are too small: the list is shown

export function Graph({ flow }) {
  const [place, width] = useWidth();
  const [asList, setAsList] = useState(null);
  const [chosen, setChosen] = useState(null);
  const { arrows } = app();
  const map = useMemo(() => placed(arrows, label, "LR"), [arrows]);
  const perSecond = new Map(flow.map((one) => [`${one.sayer}\n${one.event}`, one.per_second]));
  const unknown = flow.filter((one) => !map.labels.some((event) => event.key === `${one.sayer}\n${one.event}`) && one.per_second > 0);
  const list = asList ?? (width > 0 && width / map.width < READABLE);
  return html`<div ref=${place}>
    <div class="graph-head">
      <span class="legend"><span class="legend-entry"><span class="stroke"></span>forward</span><span class="legend-entry is-compensating"><span class="stroke is-dashed"></span><${Icon} name="compensating" />failures and compensations</span></span>
      <button type="button" class="quiet" aria-pressed=${list ? "true" : "false"} onClick=${() => setAsList(!list)}>As a list</button>
    </div>
    ${width > 0 && (list ? html`<${List} map=${map} perSecond=${perSecond} />` : html`<${Picture} map=${map} perSecond=${perSecond} chosen=${chosen} setChosen=${setChosen} />`)}
    ${unknown.length > 0 && html`<p class="muted small">Also on the hub, and in no table of a participant: ${unknown.map((one) => `${label(one.event)} from ${visible(one.sayer || "an unknown sayer")} (${rate(one.per_second)})`).join(", ")}</p>`}
  </div>`;
}

function Picture({ map, perSecond, chosen, setChosen }) {
  const fades = (line) => chosen !== null && chosen !== line.sayer && chosen !== line.hearer && !line.hearers.includes(chosen);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Graph of the choreography. The list says the same.">
    <svg class="graph" viewBox=${map.frame} style=${{ maxWidth: `${map.width * 1.15}px` }} aria-hidden="true">
      <defs>${["forward", "compensating"].map((look) => html`<marker id="tip-${look}" class="tip is-${look}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0,0.5L7.5,4L0,7.5z" /></marker>`)}</defs>
      ${map.lines.map((line) => html`<${Line} line=${line} perSecond=${perSecond.get(line.key) ?? 0} fades=${fades(line)} />`)}
      ${map.labels.map((event) => html`<${Label} event=${event} perSecond=${perSecond.get(event.key) ?? 0} fades=${fades(event)} />`)}
      ${map.boxes.map((box) => html`<g class="box ${box.isPlace ? "is-place" : ""}" transform="translate(${box.x - box.width / 2} ${box.y - box.height / 2})" onMouseEnter=${() => setChosen(box.box)} onMouseLeave=${() => setChosen(null)}>
        <rect width=${box.width} height=${box.height} rx=${box.isPlace ? box.height / 2 : 6} /><text x=${box.width / 2} y=${box.height / 2 + 4.5}>${visible(box.box)}</text>
      </g>`)}
    </svg>
  </div>`;
}

function Line({ line, perSecond, fades }) {
  const look = line.compensates ? "compensating" : "forward";
  const d = path(line.points);
  return html`<g class="line is-${look} ${fades ? "is-faded" : ""} ${perSecond > 0 ? "is-flowing" : ""}">
    <path d=${d} class="way" stroke-width=${1.2 + Math.min(2.2, Math.log10(1 + perSecond))} marker-end=${line.isFirst ? null : `url(#tip-${look})`} />
    ${perSecond > 0 && html`<path d=${d} class="dots" />`}
  </g>`;
}

const Label = ({ event, perSecond, fades }) => html`<g class="event is-${kindLook(kindOf(event.event))} ${fades ? "is-faded" : ""} ${perSecond > 0 ? "is-flowing" : ""}" transform="translate(${event.x - event.width / 2} ${event.y - event.height / 2})">
  <title>${visible(event.event)}, said by ${visible(event.sayer)}</title>
  <rect width=${event.width} height=${event.height} rx="5" />
  <svg x="5" y="4" width="13" height="13" overflow="visible"><${KindIcon} kind=${kindOf(event.event)} /></svg>
  ${event.lines.map((line, index) => html`<text x="21" y=${15 + 15 * index} class="event-name">${line}</text>`)}
  <text x="21" y=${15 + 15 * event.lines.length} class="event-rate">${perSecond > 0 ? rate(perSecond) : "–"}</text>
</g>`;

const List = ({ map, perSecond }) => html`<ul class="flow-list">
  ${[...new Set(map.labels.map((event) => event.sayer))].map((sayer) => html`<li key=${sayer}>
    <strong>${visible(sayer)}</strong> says
    <ul>${map.labels.filter((event) => event.sayer === sayer).map((event) => html`<li class="flow-item is-${kindLook(kindOf(event.event))} ${event.compensates ? "is-dashed" : ""}">
      <${KindIcon} kind=${kindOf(event.event)} /><span class="flow-name">${label(event.event)} <span class="muted">to ${sentence(event.hearers.map(visible))}</span></span><span class="number">${perSecond.get(event.key) ? rate(perSecond.get(event.key)) : "–"}</span>
    </li>`)}</ul>
  </li>`)}
</ul>`;
