/** A question before something is done: a dialog that takes the keyboard, and gives it back. */

/** @import { Drawn } from "./vendor/preact.d.ts" */
import { Refused } from "./api.js";
import { Component, draw, html } from "./view.js";

/** Opens a dialog with what `show` draws; it goes when it is closed. @param {(close: () => void) => Drawn} show */
export function open(show) {
  if (document.querySelector("dialog[open]")) return;
  const dialog = document.createElement("dialog");
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    draw(null, dialog);
    dialog.remove();
  });
  draw(show(() => dialog.close()), dialog);
  dialog.showModal();
  /** @type {HTMLElement | null} */ (dialog.querySelector(
    ".fields input, .fields select, .fields textarea, label > textarea",
  ))?.focus();
}

/**
 * @typedef {object} Props
 * @property {string} title
 * @property {string} deed what the button says
 * @property {() => Promise<void>} act does it; what it raises is shown
 * @property {() => void} close
 * @property {unknown} children
 */

/** @extends {Component<Props, { busy: boolean, trouble: string }>} */
export class Question extends Component {
  /** @param {Event} event */
  async submit(event) {
    event.preventDefault();
    this.setState({ busy: true, trouble: "" });
    try {
      await this.props.act();
    } catch (error) {
      const trouble = error instanceof Refused ? error.message : String(error);
      this.setState({ busy: false, trouble });
    }
  }

  /** @param {Props} props @param {{ busy: boolean, trouble: string }} state @returns {Drawn} */
  render({ title, deed, close, children }, { busy, trouble }) {
    return html`<form method="dialog" aria-labelledby="question" onSubmit=${(/** @type {Event} */ event) =>
      this.submit(event)}>
      <h2 id="question">${title}</h2>
      ${children}
      <p class="trouble" role="alert">${trouble}</p>
      <div class="deeds">
        <button type="button" onClick=${close}>Not now</button>
        <button type="submit" class="primary" disabled=${busy} autofocus>${deed}</button>
      </div>
    </form>`;
  }
}
