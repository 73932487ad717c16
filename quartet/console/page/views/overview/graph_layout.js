// Where the parts of the choreography are drawn: participants are boxes, each event of each sayer is a label between them.
import { Graph, layout } from "../../vendor/dagre/dagre.js";
import { END, OUTSIDE } from "../../state/app.js";
import { twoLines } from "../../words.js";

const BOX = { height: 36, least: 80, perCharacter: 8.4 };
const LABEL = { line: 15, least: 74, perCharacter: 6.9, fits: 11 };
const MARGIN = 6;

const width = (lines, of) => Math.ceil(Math.max(of.least, Math.max(...lines.map((line) => line.length)) * of.perCharacter + 28));

// { width, frame, boxes, labels, lines }: lines have the points of their way, and the label that they belong to.
export function placed(arrows, label, direction) {
  const graph = new Graph({ multigraph: true }).setGraph({ rankdir: direction, nodesep: 9, ranksep: 18, edgesep: 7, marginx: MARGIN, marginy: MARGIN });
  graph.setDefaultEdgeLabel(() => ({}));
  const labels = new Map();
  for (const name of new Set(arrows.flatMap((arrow) => [arrow.sayer, arrow.hearer]))) {
    graph.setNode(`box ${name}`, { box: name, width: width([name], BOX), height: BOX.height });
  }
  for (const arrow of arrows) {
    const key = `${arrow.sayer}\n${arrow.event}`;
    const node = `label ${key}`;
    if (!labels.has(key)) {
      const lines = twoLines(label(arrow.event), LABEL.fits);
      labels.set(key, { key, lines, event: arrow.event, sayer: arrow.sayer, compensates: arrow.compensates, hearers: [] });
      graph.setNode(node, { label: key, width: width(lines, LABEL), height: LABEL.line * (lines.length + 1) + 6 });
      graph.setEdge(`box ${arrow.sayer}`, node, { key, isFirst: true, weight: 2 });
    }
    labels.get(key).hearers.push(arrow.hearer);
    graph.setEdge(node, `box ${arrow.hearer}`, { key, hearer: arrow.hearer });
  }
  layout(graph);
  const nodes = graph.nodes().map((name) => graph.node(name));
  // A line may leave the frame that the layout gives: the frame is what all points need.
  const points = [...graph.edges().flatMap((edge) => graph.edge(edge).points), { x: graph.graph().width, y: graph.graph().height }, { x: 0, y: 0 }];
  const [left, top] = ["x", "y"].map((axis) => Math.floor(Math.min(...points.map((point) => point[axis]))));
  const [right, bottom] = ["x", "y"].map((axis) => Math.ceil(Math.max(...points.map((point) => point[axis]))));
  return {
    width: right - left,
    frame: `${left} ${top} ${right - left} ${bottom - top}`,
    boxes: nodes.filter((node) => node.box).map((node) => ({ ...node, isPlace: node.box === OUTSIDE || node.box === END })),
    labels: nodes.filter((node) => node.label !== undefined).map((node) => ({ ...node, ...labels.get(node.label) })),
    lines: graph.edges().map((edge) => ({ ...graph.edge(edge), ...labels.get(graph.edge(edge).key), hearer: graph.edge(edge).hearer })),
  };
}

// A smooth line through the points that the layout gives.
export function path(points) {
  const [first, ...rest] = points;
  let d = `M${r(first.x)},${r(first.y)}`;
  for (let index = 0; index < rest.length - 1; index += 1) {
    const [one, next] = [rest[index], rest[index + 1]];
    const isLast = index === rest.length - 2;
    d += ` Q${r(one.x)},${r(one.y)} ${r(isLast ? next.x : (one.x + next.x) / 2)},${r(isLast ? next.y : (one.y + next.y) / 2)}`;
  }
  if (rest.length === 1) d += ` L${r(rest[0].x)},${r(rest[0].y)}`;
  return d;
}

const r = (value) => Math.round(value * 10) / 10;
