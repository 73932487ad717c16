// How far each participant is behind, by partition: a row per participant, a cell per partition.
import { html } from "../../state/html.js";
import { count, counted, duration, visible } from "../../words.js";
import { Icon } from "../../parts/icons.js";
import { Problem, isUnknown } from "../../parts/ui.js";

const OLD_SECONDS = 30;

export function Lag({ lag }) {
  if (isUnknown(lag)) return html`<${Problem} of=${lag.problem} />`;
  if (lag.length === 0) return html`<p class="empty">No participant has a partition yet.</p>`;
  const participants = [...new Set(lag.map((one) => one.participant))];
  return html`<ul class="lag">${participants.map((name) => html`<${Participant} key=${name} name=${name} cells=${lag.filter((one) => one.participant === name)} />`)}</ul>`;
}

function Participant({ name, cells }) {
  const waiting = cells.reduce((sum, one) => sum + one.waiting, 0);
  const oldest = Math.max(...cells.map((one) => one.oldest_seconds));
  const hubs = new Set(cells.map((one) => one.hub));
  return html`<li class="lag-row">
    <span class="lag-name"><strong>${visible(name)}</strong> <span class="muted">${waiting === 0 ? "nothing waits" : `${counted(waiting, "event")} ${waiting === 1 ? "waits" : "wait"}, the oldest for ${duration(oldest)}`}</span></span>
    <ul class="cells">${cells.map((one) => html`<${Cell} key=${one.hub + one.partition} one=${one} hub=${hubs.size > 1} />`)}</ul>
  </li>`;
}

function look(one) {
  if (one.standing) return ["alert", "stalled"];
  if (!one.is_owned) return ["cut", "no replica"];
  if (one.oldest_seconds > OLD_SECONDS) return ["behind", "late"];
  return [one.waiting ? "step" : "ended", ""];
}

function Cell({ one, hub }) {
  const [icon, words] = look(one);
  return html`<li class="cell is-${icon}" title=${visible(one.standing)}>
    <span class="cell-name">${hub && `${visible(one.hub)} `}${visible(one.partition)}</span>
    <span class="cell-figures"><${Icon} name=${icon} />${count(one.waiting)}${one.waiting > 0 && html` <span class="muted">${duration(one.oldest_seconds)}</span>`}</span>
    ${words && html`<span class="cell-words">${words}</span>`}
    <span class="for-readers"> events wait in partition ${visible(one.partition)} ${visible(one.standing)}</span>
  </li>`;
}
