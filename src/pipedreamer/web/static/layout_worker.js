/** Where the nodes of a graph stand; beside the page's own thread, as a thousand nodes take a while. */

/** @import { PlanNode } from "./shapes.d.ts" */
// @ts-types="./vendor/dagre.d.ts"
import { Graph, layout } from "./vendor/dagre.js";

const HEIGHT = 36;
const MANY = 200;

/** @param {PlanNode[]} nodes @param {string} direction `LR` or `TB` */
function place(nodes, direction) {
  const graph = new Graph();
  const width = Math.max(88, Math.min(168, 48 + 8 * Math.max(...nodes.map(({ id }) => id.length))));
  const ranker = nodes.length > MANY ? "tight-tree" : "network-simplex";
  const ranksep = direction === "LR" ? 48 : 32;
  graph.setGraph({ rankdir: direction, ranker, nodesep: 16, ranksep, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({ labelpos: "c" }));
  for (const { id } of nodes) graph.setNode(id, { width, height: HEIGHT });
  const edges = nodes.flatMap(({ id, parents }) => parents.map((parent) => [parent, id]));
  for (const [from, to] of edges) graph.setEdge(from, to);
  layout(graph);
  return {
    ...size(graph.graph()),
    wide: width,
    nodes: nodes.map(({ id }) => ({ id, x: graph.node(id).x - width / 2, y: graph.node(id).y - HEIGHT / 2 })),
    edges: edges.map(([from, to]) => ({ from, to, points: way(graph, from, to, direction === "LR") })),
  };
}

/** From the middle of a side to the middle of a side; what lies between only where nodes must be gone around.
 * @param {Graph} graph @param {string} from @param {string} to @param {boolean} across */
function way(graph, from, to, across) {
  const [source, target] = [graph.node(from), graph.node(to)];
  const inner = graph.edge(from, to).points.slice(1, -1);
  const side = (/** @type {typeof source} */ { x, y, width, height }, /** @type {number} */ sign) =>
    across ? { x: x + sign * width / 2, y } : { x, y: y + sign * height / 2 };
  return [side(source, 1), ...(inner.length > 1 ? inner : []), side(target, -1)];
}

/** @param {{ width: number, height: number }} graph */
const size = ({ width, height }) => ({ width: Math.ceil(width), height: Math.ceil(height) });

self.onmessage = ({ data }) => self.postMessage(place(data.nodes, data.direction));
