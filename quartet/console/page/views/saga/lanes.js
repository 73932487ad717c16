// The swim lanes. The list of buttons is what a keyboard and a screen reader use; the lines behind it are a picture.
import { html, useMemo, useState } from "../../state/html.js";
import { label } from "../../state/app.js";
import { Icon } from "../../parts/icons.js";
import { moveInList } from "../../parts/rows.js";
import { KIND_WORDS, KindIcon, isUnknown, kindLook, useWidth } from "../../parts/ui.js";
import { counted, duration, humps, milliseconds, sentence, visible } from "../../words.js";
import { HEAD, geometry, lines } from "./lane_geometry.js";

export function Lanes({ saga, chosen, choose }) {
  const [place, width] = useWidth();
  const [all, setAll] = useState(false);
  const repeats = saga.events.filter((event) => event.repeats && event.number !== chosen).length;
  const events = useMemo(() => saga.events.filter((event) => all || !event.repeats || event.number === chosen), [saga.events, all, chosen]);
  const waits = isUnknown(saga.owed) ? [] : saga.owed;
  const at = useMemo(() => geometry(events, width), [events, width]);
  const rows = events.length + waits.length;
  return html`<div class="lanes ${at.isThin ? "is-thin" : ""}" ref=${place}>
    ${width > 0 && html`<div class="lane-sheet" style=${{ height: `${at.height(rows)}px` }}>
      <${Picture} events=${events} waits=${waits} at=${at} rows=${rows} width=${width} chosen=${chosen} />
      <div class="lane-names" aria-hidden="true">${at.isThin ? html`<span class="lane-legend">${at.lanes.map((name, index) => html`<span><b>${index + 1}</b> ${visible(name)} </span>`)}</span>` : at.lanes.map((name) => html`<span class="lane-name" style=${{ left: `${at.x(name) - at.laneWidth / 2}px`, width: `${at.laneWidth}px` }}>${visible(name)}</span>`)}</div>
      <ol class="lane-events" onKeyDown=${moveInList}>
        ${events.map((event, row) => html`<${Said} key=${event.number} event=${event} row=${row} at=${at} isChosen=${event.number === chosen} choose=${choose} width=${width} />`)}
        ${waits.map((wait, index) => html`<${Wait} key=${`${wait.participant} ${wait.event}`} wait=${wait} row=${events.length + index} at=${at} width=${width} />`)}
      </ol>
    </div>`}
    ${repeats > 0 && html`<button type="button" class="quiet" aria-pressed=${all ? "true" : "false"} onClick=${() => setAll(!all)}>${all ? "Hide" : "Show"} ${counted(repeats, "repeat")}, without an effect</button>`}
  </div>`;
}

function box(at, row, x, width) {
  const top = HEAD + at.rowHeight * row + 4;
  if (at.isThin) return { top: `${top - 4}px`, left: "0", width: `${width}px`, height: `${at.rowHeight}px`, paddingLeft: `${at.right + 8}px` };
  return { top: `${top}px`, left: `${x - at.laneWidth / 2 + 5}px`, width: `${at.laneWidth - 10}px`, height: `${at.rowHeight - 8}px` };
}

function Said({ event, row, at, isChosen, choose, width }) {
  const mute = event.repeats ? "is-repeat" : event.problem ? "is-void" : "";
  return html`<li>
    ${!at.isThin && html`<span class="lane-time" style=${{ top: `${HEAD + at.rowHeight * row}px`, height: `${at.rowHeight}px` }} aria-hidden="true"><b>${event.number}</b> +${milliseconds(event.ms)}</span>`}
    <button type="button" class="lane-event is-${kindLook(event.kind)} ${mute} ${isChosen ? "is-chosen" : ""}" style=${box(at, row, at.x(event.sayer), width)} aria-current=${isChosen ? "true" : null} title=${visible(event.type)} onClick=${() => choose(event.number)} data-item>
      <span class="lane-label">${at.isThin && html`<b>${event.number}</b> `}<${KindIcon} kind=${event.kind} /><span class="for-readers">${at.isThin ? "" : event.number} </span><span class=${at.isThin ? "cut-text" : "humps"}>${at.isThin ? label(event.type) : humps(label(event.type)).map((hump) => html`${hump}<wbr />`)}</span></span>
      <span class="lane-remark cut-text">${at.isThin && html`<span>${visible(event.sayer || "unknown sayer")} · +${milliseconds(event.ms)} </span>`}${remark(event)}</span>
      <span class="for-readers">, ${KIND_WORDS[event.kind]}${at.isThin ? "" : `, said by ${visible(event.sayer || "no known participant")}`}${event.cause ? `, because of ${event.cause}` : ""}${event.heard_by.length ? `, heard by ${sentence(event.heard_by.map(visible))}` : ""}, after ${milliseconds(event.ms)}</span>
    </button>
  </li>`;
}

function remark(event) {
  if (event.repeats) return `repeat of ${event.repeats}`;
  if (event.problem) return `no effect: ${visible(event.problem)}`;
  return visible(event.remark);
}

const Wait = ({ wait, row, at, width }) => html`<li>
  <span class="lane-event is-wait" style=${box(at, row, at.x(wait.participant), width)}>
    <span class="lane-label"><${Icon} name="stuck" /><span class="cut-text">${at.isThin && `${visible(wait.participant)}: `}still to come</span></span>
    <span class="lane-remark cut-text">for ${duration(wait.since_seconds)}${wait.expected.length ? `, expected: ${sentence(wait.expected.map(label), "or")}` : ""}</span>
  </span>
</li>`;

function Picture({ events, waits, at, rows, width, chosen }) {
  const { along, down } = useMemo(() => lines(events, waits, at), [events, waits, at]);
  const causes = chain(events, chosen);
  return html`<svg class="lane-picture" width=${width} height=${at.height(rows)} aria-hidden="true">
    <defs>${["forward", "compensating", "wait"].map((look) => html`<marker id="lane-tip-${look}" class="tip is-${look}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0,0.5L7.5,4L0,7.5z" /></marker>`)}</defs>
    ${at.lanes.map((name) => html`<line class="life" x1=${at.x(name)} x2=${at.x(name)} y1=${HEAD} y2=${at.height(rows)} />`)}
    ${at.isThin && at.lanes.map((name, index) => html`<text class="life-number" x=${at.x(name)} y=${HEAD - 4}>${index + 1}</text>`)}
    ${along.map((one) => one.ear !== undefined
      ? html`<circle class="ear is-${look(one.event)}" cx=${one.ear} cy=${at.y(one.row)} r=${at.isThin ? 3 : 4.5} />`
      : html`<line class="along is-${look(one.event)} ${causes.has(one.event.number) ? "is-lit" : ""}" x1=${one.from} x2=${one.to} y1=${at.y(one.row)} y2=${at.y(one.row)} />`)}
    ${down.map((one) => html`<path class="down is-${one.wait ? "wait" : look(one.event)} ${one.event && causes.has(one.event.number) ? "is-lit" : ""}" d=${`M${one.x},${at.y(one.from) + 6} V${at.y(one.to) - (at.isThin ? 8 : at.rowHeight / 2 - 5)}`} marker-end="url(#lane-tip-${one.wait ? "wait" : look(one.event)})" />`)}
    ${at.isThin && events.map((event, row) => html`<circle class="dot is-${kindLook(event.kind)} ${event.number === chosen ? "is-chosen" : ""}" cx=${at.x(event.sayer)} cy=${at.y(row)} r="6" />`)}
  </svg>`;
}

const look = (event) => (["compensation", "failed_compensation", "failed_end"].includes(event.kind) ? "compensating" : "forward");

// The event and everything that led to it.
function chain(events, number) {
  const byNumber = new Map(events.map((event) => [event.number, event]));
  const found = new Set();
  for (let event = byNumber.get(number); event && !found.has(event.number); event = byNumber.get(event.cause)) found.add(event.number);
  return found;
}
