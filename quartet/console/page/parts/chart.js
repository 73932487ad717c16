// A chart of uPlot that follows the theme and the width of its place. A table beside it says the same in words.
import uPlot from "../vendor/uplot/uPlot.js";
import { html, useEffect, useRef } from "../state/html.js";
import { theme } from "../state/settings.js";
import { useStore } from "../state/store.js";
import { useWidth } from "./ui.js";

const HEIGHT = 120;
const HATCH_PX = 6;
const MINUTE = 60; // the last bar needs its width

export function Chart({ at, series, kind }) {
  const [place, width] = useWidth();
  const chosen = useStore(theme);
  const plot = useRef(null);
  const shape = series.map((one) => one.name + one.look).join("\n");
  const rows = kind === "stacks" ? stacked(series) : series.map((one) => one.values);
  useEffect(() => {
    if (!width) return undefined;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(series, kind, width, place.current), [at, ...rows], place.current);
    };
    draw();
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", draw);
    return () => {
      system.removeEventListener("change", draw);
      plot.current?.destroy();
      plot.current = null;
    };
  }, [width, chosen, shape, kind]);
  useEffect(() => plot.current?.setData([at, ...rows]), [at]);
  return html`<div class="chart" ref=${place} aria-hidden="true"></div>`;
}

// The whole first, so that each smaller stack is painted over it.
function stacked(series) {
  return series.map((_, index) => series[0].values.map((__, minute) => series.slice(index).reduce((sum, one) => sum + one.values[minute], 0)));
}

function options(series, kind, width, place) {
  const colour = colours(place);
  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: true, range: (_, least, most) => [least, most + MINUTE] }, y: { range: (_, __, most) => [0, Math.max(4, most * 1.1)] } },
    axes: [
      { ...axis, grid: { show: false }, space: 70, size: 26, values: (_, ticks) => ticks.map((tick) => new Date(tick * 1000).toTimeString().slice(0, 5)) },
      { ...axis, size: 38, space: 28, values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? String(tick) : "")) },
    ],
    series: [{}, ...series.map((one) => (kind === "stacks" ? stack(one, colour) : line(one, colour)))],
  };
}

function line(one, colour) {
  const stroke = colour(`--${one.look}`);
  return { label: one.name, stroke, width: 2, dash: one.dashed ? [6, 4] : [], points: { show: false } };
}

function stack(one, colour) {
  const stroke = colour(`--${one.look}`);
  const fill = one.look === "failed" ? () => hatch(stroke, colour("--surface")) : stroke;
  return { label: one.name, stroke, fill, width: 1, points: { show: false }, paths: uPlot.paths.bars({ size: [0.8, 14], align: 1 }) };
}

// Failures differ by their hatching, too.
function hatch(stroke, background) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = HATCH_PX;
  const pen = tile.getContext("2d");
  pen.fillStyle = background;
  pen.fillRect(0, 0, HATCH_PX, HATCH_PX);
  pen.strokeStyle = stroke;
  pen.lineWidth = 2;
  pen.beginPath();
  for (const shift of [-HATCH_PX, 0, HATCH_PX]) {
    pen.moveTo(shift, HATCH_PX);
    pen.lineTo(shift + HATCH_PX, 0);
  }
  pen.stroke();
  return pen.createPattern(tile, "repeat");
}

// A canvas does not know custom properties: an element resolves them.
function colours(place) {
  return (name) => {
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    place.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
}
