interface Placed {
  x: number;
  y: number;
  width: number;
  height: number;
}

interface Way {
  points: { x: number; y: number }[];
}

export class Graph {
  setGraph(settings: Record<string, unknown>): void;
  graph(): { width: number; height: number };
  setDefaultEdgeLabel(make: () => object): void;
  setNode(id: string, box: { width: number; height: number }): void;
  setEdge(from: string, to: string): void;
  node(id: string): Placed;
  edge(from: string, to: string): Way;
}

export function layout(graph: Graph): void;
