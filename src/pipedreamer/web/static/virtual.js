/** A long list of which only what is seen is there; every row is of the same height. */

import { Component, html } from "./view.js";

const MORE = 10;

/**
 * @typedef {object} Props
 * @property {number} count
 * @property {number} height of a row, in pixels
 * @property {(index: number) => unknown} row draws a `li`
 * @property {string} [label]
 * @property {number} [shown] the row to be scrolled to when it changes
 * @property {boolean} [follows] whether the end stays in sight, where it is
 * @property {(width: number) => void} [measured] hears the width of the list
 */

/** @extends {Component<Props, { top: number, tall: number }>} */
export class Virtual extends Component {
  /** @param {Props} props */
  constructor(props) {
    super(props);
    this.state = { top: 0, tall: 600 };
    this.atEnd = true;
    this.width = 0;
    /** @type {HTMLElement | null} */
    this.box = null;
    this.observer = new ResizeObserver(() => this.measure());
  }

  componentDidMount() {
    if (this.box) this.observer.observe(this.box);
    this.measure();
    this.reveal();
  }

  componentWillUnmount() {
    this.observer.disconnect();
  }

  /** @param {Props} before */
  componentDidUpdate(before) {
    if (before.shown !== this.props.shown) this.reveal();
    else if (this.props.follows && this.atEnd && before.count !== this.props.count) this.toEnd();
  }

  measure() {
    if (!this.box) return;
    if (this.box.clientHeight !== this.state.tall) this.setState({ tall: this.box.clientHeight });
    if (this.box.clientWidth !== this.width) {
      this.width = this.box.clientWidth;
      this.props.measured?.(this.width);
    }
  }

  reveal() {
    const { shown, height, follows } = this.props;
    if (!this.box) return;
    if (shown === undefined || shown < 0) return void (follows && this.toEnd());
    const top = shown * height;
    const { scrollTop, clientHeight } = this.box;
    if (top < scrollTop || top + height > scrollTop + clientHeight) this.box.scrollTop = top - clientHeight / 2;
  }

  toEnd() {
    if (this.box) this.box.scrollTop = this.box.scrollHeight;
  }

  scrolled() {
    if (!this.box) return;
    const { scrollTop, clientHeight, scrollHeight } = this.box;
    this.atEnd = scrollTop + clientHeight >= scrollHeight - 4;
    this.setState({ top: scrollTop });
  }

  /** @param {Props} props @param {{ top: number, tall: number }} state */
  render({ count, height, row, label }, { top, tall }) {
    const first = Math.max(0, Math.min(count - 1, Math.floor(top / height) - MORE));
    const last = Math.min(count, Math.ceil((top + tall) / height) + MORE);
    const rows = [];
    for (let index = first; index < last; index++) rows.push(row(index));
    const take = (/** @type {HTMLElement | null} */ box) => (this.box = box);
    return html`
      <div class="rows" ref=${take} onScroll=${() => this.scrolled()} tabindex="0" role="group" aria-label=${label}>
        <ol style=${{ height: `${count * height}px`, paddingTop: `${first * height}px` }}>${rows}</ol>
      </div>
    `;
  }
}
