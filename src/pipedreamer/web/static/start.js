/** The question before a run: its input, by a form or as JSON. */

/** @import { Problem, Schema } from "./shapes.d.ts" */
/** @import { Drawn } from "./vendor/preact.d.ts" */
import { at } from "./address.js";
import { post, Refused } from "./api.js";
import { open, Question } from "./dialog.js";
import { Field, Raw } from "./fields.js";
import { kindOf, resolved, start } from "./schema.js";
import { Component, html } from "./view.js";

/** @param {Schema | null} schema */
export const askToRun = (schema) => open((close) => html`<${Start} schema=${schema} close=${close} />`);

/** @typedef {{ schema: Schema | null, close: () => void }} Props */
/** @typedef {{ form: boolean, problems: Problem[] }} State */

/** @extends {Component<Props, State>} */
class Start extends Component {
  /** @param {Props} props */
  constructor(props) {
    super(props);
    this.value = props.schema ? start(props.schema, props.schema) : {};
    this.formable = props.schema !== null && kindOf(resolved(props.schema, props.schema)) !== "json";
    this.state = { form: this.formable, problems: [] };
  }

  async act() {
    try {
      const { id, runId } = await post("run", JSON.stringify(this.value ?? {}));
      location.assign(at(`runs/${encodeURIComponent(id ?? runId)}`));
    } catch (error) {
      if (error instanceof Refused && error.problems.length) {
        this.setState({ problems: error.problems });
        if (!this.state.form) {
          throw new Error(error.problems.map(({ path, message }) => `${path} ${message}`).join("; "));
        }
      }
      throw error;
    }
  }

  /** @param {Props} props @param {State} state @returns {Drawn} */
  render({ schema, close }, { form, problems }) {
    const set = (/** @type {unknown} */ value) => {
      this.value = value;
      this.setState({ problems: [] });
    };
    return html`<${Question} title="Run with which input?" deed="Run" act=${() => this.act()} close=${close}>
      ${
      this.formable && html`
        <nav class="tabs" aria-label="Ways to give the input">
          <button type="button" aria-pressed=${form} onClick=${() => this.setState({ form: true })}>Form</button>
          <button type="button" aria-pressed=${!form} onClick=${() => this.setState({ form: false })}>JSON</button>
        </nav>
      `
    }
      ${
      form && schema
        ? html`
          <div class="fields">
            <${Field} schema=${schema} root=${schema} value=${this.value} set=${set} path="" name="input" required
              problems=${problems} />
          </div>
        `
        : html`
          <label
            class="field"><span>JSON</span><${Raw} id="raw" value=${this.value} set=${set} rows=${10} /></label>
        `
    }
    <//>`;
  }
}
