// What /api/app says of the application: its participants and events. Set before the first view is drawn.
import { visible } from "../words.js";

let known = null;
let types = new Map();

export function learn(app) {
  known = app;
  types = new Map(app.events.map((event) => [event.type, event]));
}

export const app = () => known;
export const label = (type) => visible(types.get(type)?.label ?? type);
export const kindOf = (type) => types.get(type)?.kind ?? "unknown";
export const ends = () => known.events.filter((event) => event.kind === "end" || event.kind === "failed_end");
export const OUTSIDE = "(outside)";
export const END = "(end)";
