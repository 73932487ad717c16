// Where the events of a saga stand: a row for each, in the lane of the participant that said it.
import { OUTSIDE, app } from "../../state/app.js";

const WIDE_ROW = 58;
const THIN_ROW = 44;
export const HEAD = 34;
const LEAST_LANE = 132; // in pixels: below it, lanes are lines with dots, and the words stand to their right
const GUTTER = 74;
const THIN_LANE = 18;

export function lanesOf(events) {
  const known = app().participants.map((participant) => participant.name);
  const strangers = events.filter((event) => !known.includes(event.sayer));
  return strangers.length ? [OUTSIDE, ...known] : known;
}

// x of a lane's middle, and what a row needs: { lanes, isThin, laneWidth, left, x(name), y(row) }.
export function geometry(events, width) {
  const lanes = lanesOf(events);
  const isThin = (width - GUTTER) / lanes.length < LEAST_LANE;
  const left = isThin ? 4 : GUTTER;
  const laneWidth = isThin ? THIN_LANE : (width - GUTTER) / lanes.length;
  const place = new Map(lanes.map((name, index) => [name, left + laneWidth * (index + 0.5)]));
  const rowHeight = isThin ? THIN_ROW : WIDE_ROW;
  return {
    lanes,
    isThin,
    rowHeight,
    laneWidth,
    left,
    right: left + laneWidth * lanes.length,
    x: (name) => place.get(name) ?? place.get(OUTSIDE) ?? left,
    y: (row) => HEAD + rowHeight * (row + 0.5),
    height: (rows) => HEAD + rowHeight * rows + 6,
  };
}

// For each row: the line along it to those that heard it, and the line down from it to each event that it led to.
// `waits` are rows after the last event, for what is still to come.
export function lines(events, waits, at) {
  const rowOf = new Map(events.map((event, row) => [event.number, row]));
  const along = [];
  const down = [];
  events.forEach((event, row) => {
    const from = at.x(event.sayer);
    const ears = event.heard_by.filter((name) => at.lanes.includes(name) && name !== event.sayer).map(at.x);
    if (!event.repeats && !event.problem) {
      for (const end of [Math.min(from, ...ears), Math.max(from, ...ears)]) if (end !== from) along.push({ event, row, from, to: end });
      for (const x of ears) along.push({ event, row, ear: x });
    }
    const cause = rowOf.get(event.cause);
    if (cause !== undefined && cause < row && !event.repeats) down.push({ event, from: cause, to: row, x: from });
  });
  waits.forEach((wait, index) => {
    const cause = rowOf.get(wait.event);
    if (cause !== undefined) down.push({ wait, from: cause, to: events.length + index, x: at.x(wait.participant) });
  });
  return { along, down };
}
