// Each meaning has a shape of its own, so that no meaning needs colour. All are 16 × 16 and carry no text: a word is beside them.
import { html } from "../state/html.js";

const SHAPES = {
  open: ["M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11", "M8 5v3l2 1.5"],
  ended: ["M3 8.5l3.2 3.2L13 5"],
  failed: ["M4 4l8 8", "M12 4l-8 8"],
  compensating: ["M5.5 3L2.5 6l3 3", "M2.5 6h7a4 3.5 0 0 1 0 7H6"],
  stuck: ["M4.5 2.5h7M4.5 13.5h7", "M5.5 2.5c0 3 2.5 4 2.5 5.5s-2.5 2.5-2.5 5.5", "M10.5 2.5c0 3-2.5 4-2.5 5.5s2.5 2.5 2.5 5.5"],
  alert: ["M8 2L14.5 13.5h-13z", "M8 6.5v3.5", "M8 11.8v.2"],
  letter: ["M2 4h12v8.5H2z", "M2 4.5l6 4.5l6-4.5"],
  unknown: ["M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8", "M8 12.5v.2"],
  link: ["M6.5 9.5l3-3", "M7.5 4.5l1-1a2.8 2.8 0 0 1 4 4l-1 1", "M8.5 11.5l-1 1a2.8 2.8 0 0 1-4-4l1-1"],
  search: ["M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 0 0 0-9", "M10.3 10.3l3.5 3.5"],
  live: ["M8 6.5a1.5 1.5 0 1 0 0 3a1.5 1.5 0 0 0 0-3", "M4.5 4.5a5 5 0 0 0 0 7", "M11.5 4.5a5 5 0 0 1 0 7"],
  cut: ["M2 2l12 12", "M4.5 4.5a5 5 0 0 0 0 7", "M11.5 4.5a5 5 0 0 1 .8 5.6"],
  behind: ["M3 4l4 4l-4 4", "M8.5 4l4 4l-4 4"],
  rule: ["M8 2l5 2v4c0 3-2 5-5 6c-3-1-5-3-5-6V4z", "M5.8 8l1.7 1.7l3-3.2"],
  broken: ["M8 2l5 2v4c0 3-2 5-5 6c-3-1-5-3-5-6V4z", "M6.2 6.2l3.6 3.6M9.8 6.2l-3.6 3.6"],
  auto: ["M8 2.5a5.5 5.5 0 1 0 0 11z", "M8 2.5a5.5 5.5 0 0 1 0 11"],
  light: ["M8 5.2a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 0 0 0-5.6", "M8 1.5v1.6M8 12.9v1.6M1.5 8h1.6M12.9 8h1.6M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M12.6 3.4l-1.1 1.1M4.5 11.5l-1.1 1.1"],
  dark: ["M13 9.5A5.5 5.5 0 1 1 6.5 3a4.5 4.5 0 0 0 6.5 6.5z"],
  input: ["M2 8h8", "M7 5l3 3l-3 3", "M13 3v10"],
  step: ["M8 5.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 0 0 0-5"],
};

export const Icon = ({ name }) => html`<svg class="icon icon-${name}" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
  ${(SHAPES[name] ?? SHAPES.unknown).map((d) => html`<path d=${d} />`)}
</svg>`;
