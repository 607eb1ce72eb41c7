/** The graph of a workflow's nodes. It is laid out once and stands still; only states change. */

/** @import { PlanNode } from "./shapes.d.ts" */
/** @import { Drawn } from "./vendor/preact.d.ts" */
import { asked, choose, query } from "./address.js";
import { Component, html, shape, word } from "./view.js";

/**
 * @typedef {{ id: string, x: number, y: number }} Placed
 * @typedef {{ from: string, to: string, points: { x: number, y: number }[] }} Way
 * @typedef {{ width: number, height: number, wide: number, nodes: Placed[], edges: Way[] }} Layout
 * @typedef {{ plan: PlanNode[], direction: string, states: Map<string, string> | null }} Props
 */

/** @param {PlanNode[]} nodes @param {string} direction @returns {Promise<Layout>} */
function placed(nodes, direction) {
  const address = new URL("layout_worker.js", import.meta.url).href;
  const types = /** @type {any} */ (globalThis).trustedTypes;
  const rule = types?.createPolicy("worker", { createScriptURL: (/** @type {string} */ url) => url });
  const worker = new Worker(rule ? rule.createScriptURL(address) : address, { type: "module" });
  return new Promise((resolve) => {
    worker.onmessage = ({ data }) => {
      worker.terminate();
      resolve(data);
    };
    worker.postMessage({ nodes: nodes.map(({ id, parents }) => ({ id, parents })), direction });
  });
}

/** @extends {Component<Props, { layout: Layout | null, zoom: number }>} */
export class Graph extends Component {
  /** @param {Props} props */
  constructor(props) {
    super(props);
    this.state = { layout: null, zoom: 0 };
    /** @type {HTMLElement | null} */
    this.box = null;
    /** @type {Element | null | undefined} */
    this.revealed = null;
    placed(props.plan, props.direction).then((layout) => this.setState({ layout, zoom: this.fitting(layout) }));
  }

  /** @param {Layout} layout */
  fitting({ width, height }) {
    const box = this.box;
    if (!box) return 1;
    return Math.max(0.5, Math.min(1, box.clientWidth / width, Math.max(box.clientHeight / height, 0.8)));
  }

  componentDidUpdate() {
    const chosen = this.box?.querySelector('.box[tabindex="0"]');
    if (chosen === this.revealed) return;
    this.revealed = chosen;
    const box = this.box;
    if (!chosen || !box) return;
    const [one, all] = [chosen.getBoundingClientRect(), box.getBoundingClientRect()];
    if (one.left < all.left || one.right > all.right) {
      box.scrollLeft += one.left - all.left - all.width / 2 + one.width / 2;
    }
    if (one.top < all.top || one.bottom > all.bottom) box.scrollTop += one.top - all.top - all.height / 2;
  }

  /** @param {number} by */
  zoomed(by) {
    this.setState({ zoom: Math.max(0.2, Math.min(2, this.state.zoom * by)) });
  }

  /** @param {Props} props @param {{ layout: Layout | null, zoom: number }} state @returns {Drawn} */
  render({ plan, direction, states }, { layout, zoom }) {
    const take = (/** @type {HTMLElement | null} */ box) => (this.box = box);
    if (!layout) {
      return html`
        <div class="canvas" ref=${take}>
          <p class="note late">Drawing ${plan.length} nodes…</p>
        </div>
      `;
    }
    const { width, height, wide, nodes, edges } = layout;
    const chosen = asked("node");
    const parents = new Map(plan.map((node) => [node.id, node.parents]));
    const reachable = nodes.some(({ id }) => id === chosen) ? chosen : nodes[0]?.id;
    return html`
      <div class="canvas" ref=${take}>
        <svg width=${width * zoom} height=${height *
          zoom} viewBox=${`0 0 ${width} ${height}`} role="group" aria-label="Graph of the nodes"
          onKeyDown=${step}>
          <defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 1 7 4 0 7z" /></marker></defs>
          ${edges.map((edge) =>
            html`<path key=${`${edge.from} ${edge.to}`} class="edge" d=${
              curve(edge.points, direction === "LR")
            } marker-end="url(#arrow)" />`
          )}
          ${nodes.map((node) => box(node, wide, states, chosen, reachable, parents.get(node.id) ?? []))}
        </svg>
      </div>
      <div
        class="zoom"><button type="button" class="quiet" aria-label="Smaller" onClick=${() =>
          this.zoomed(0.8)}>−</button><button type="button" class="quiet" aria-label="Larger" onClick=${() =>
          this.zoomed(1.25)}>+</button></div>
    `;
  }
}

/** @param {Placed} node @param {number} wide @param {Map<string, string> | null} states @param {string} chosen @param {string} reachable @param {string[]} parents */
function box({ id, x, y }, wide, states, chosen, reachable, parents) {
  const state = states?.get(id) ?? "";
  const after = parents.length ? `, after ${parents.slice(0, 8).join(", ")}` : ", a root";
  const label = id.length > 20 ? `${id.slice(0, 19)}…` : id;
  return html`
    <a key=${id} href=${query({ node: id, line: null })} tabindex=${id === reachable ? 0 : -1} data-id=${id}
      class=${`box s-${state} ${id === chosen ? "chosen" : ""}`} aria-label=${`${id}${
        state && `, ${word(state)}`
      }${after}`} aria-current=${id === chosen ? "true" : null} transform=${`translate(${x} ${y})`}>
        <title>${id}${state && ` · ${word(state)}`}</title>
        <rect width=${wide} height="36" rx="6" />
        ${state && html`<use href=${`#sign-${shape(state)}`} x="10" y="11" width="14" height="14" />`}
        <text x=${state ? 32 : 12} y="23">${label}</text>
      </a>
  `;
}

/** A smooth way through points. @param {{ x: number, y: number }[]} points @param {boolean} across */
function curve(points, across) {
  let way = `M${points[0].x} ${points[0].y}`;
  for (let index = 1; index < points.length; index++) {
    const [from, to] = [points[index - 1], points[index]];
    const [x, y] = [(from.x + to.x) / 2, (from.y + to.y) / 2];
    way += across ? `C${x} ${from.y} ${x} ${to.y} ${to.x} ${to.y}` : `C${from.x} ${y} ${to.x} ${y} ${to.x} ${to.y}`;
  }
  return way;
}

/** Arrow keys go from node to node. @param {KeyboardEvent} event */
function step(event) {
  const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const boxes = [.../** @type {Element} */ (event.currentTarget).querySelectorAll("a.box")];
  const next = by && boxes[boxes.indexOf(/** @type {Element} */ (document.activeElement)) + by];
  if (!next) return;
  event.preventDefault();
  choose({ node: next.getAttribute("data-id"), line: null }, { kept: true });
  requestAnimationFrame(() => /** @type {SVGAElement} */ (next).focus());
}
