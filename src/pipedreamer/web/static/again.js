/** The questions before a run is cancelled, or run again. */

/** @import { PlanNode, Run } from "./shapes.d.ts" */
/** @import { Drawn } from "./vendor/preact.d.ts" */
import { asked, at } from "./address.js";
import { post } from "./api.js";
import { open, Question } from "./dialog.js";
import { Raw } from "./fields.js";
import { failedOf, withChildren } from "./model.js";
import { largeOf } from "./tree.js";
import { Component, html, say } from "./view.js";

/** @param {Run} run */
export function askToCancel({ id }) {
  open((close) => {
    const act = async () => {
      await post(`runs/${id}/cancel`);
      close();
      say("The run is being cancelled.");
    };
    return html`
      <${Question} title="Cancel this run?" deed="Cancel the run" act=${act} close=${close}>
        <p>Nodes that are running are stopped. What has finished is kept, and the run can be taken up again from there.</p>
        <//>
    `;
  });
}

/** @param {Run} run @param {PlanNode[]} plan */
export const askToRunAgain = (run, plan) => open((close) => html`<${Again} run=${run} plan=${plan} close=${close} />`);

/** @typedef {{ run: Run, plan: PlanNode[], close: () => void }} Props */
/** @typedef {{ choice: string, changed: boolean }} State */

/** @extends {Component<Props, State>} */
class Again extends Component {
  /** @param {Props} props */
  constructor(props) {
    super(props);
    const failed = failedOf(props.run.nodes).map(({ id }) => id);
    const chosen = asked("node");
    /** @type {Map<string, [string, string[] | null]>} */
    this.choices = new Map();
    if (failed.length) this.choices.set("failed", [`From what failed: ${listed(failed)}`, failed]);
    if (chosen && !(failed.length === 1 && failed[0] === chosen)) {
      this.choices.set("chosen", [`From ${chosen}`, [chosen]]);
    }
    this.choices.set("whole", ["The whole workflow", null]);
    const first = chosen && this.choices.has("chosen") ? "chosen" : [...this.choices.keys()][0];
    this.state = { choice: first, changed: false };
    this.input = props.run.input;
  }

  async act() {
    const from = this.choices.get(this.state.choice)?.[1] ?? null;
    const body = this.state.changed ? { from, input: this.input } : { from };
    const { id } = await post(`runs/${this.props.run.id}/rerun`, JSON.stringify(body));
    location.assign(at(`runs/${encodeURIComponent(id)}`));
  }

  /** @param {Props} props @param {State} state @returns {Drawn} */
  render({ run, plan, close }, { choice, changed }) {
    const from = this.choices.get(choice)?.[1] ?? null;
    const after = from ? withChildren(from, plan) : null;
    const anew = run.nodes.map(({ id }) => id).filter((id) => !after || after.has(id));
    const kept = run.nodes.filter(({ id, state }) => state === "succeeded" && !anew.includes(id)).map(({ id }) => id);
    const large = largeOf(run.input);
    return html`<${Question} title="Run this again?" deed="Re-run" act=${() => this.act()} close=${close}>
      <fieldset class="choices"><legend>From where</legend>
        ${
      [...this.choices].map(([key, [text]]) =>
        html`<label><input type="radio" name="from" checked=${key === choice} onChange=${() =>
          this.setState({ choice: key })} /> ${text}</label>`
      )
    }
      </fieldset>
      <p class="soft" aria-live="polite">${kept.length ? `Kept: ${listed(kept)}. ` : "Nothing is kept. "}Runs anew: ${
      listed(anew)
    }.</p>
      ${
      !large && html`<label class="check"><input type="checkbox" checked=${changed} onChange=${() =>
        this.setState({ changed: !changed })} /> with another input</label>`
    }
      ${
      changed &&
      html`<${Raw} id="input" value=${this.input} rows=${8} set=${(
        /** @type {unknown} */ value,
      ) => (this.input = value)} />`
    }
    <//>`;
  }
}

/** @param {string[]} ids */
const listed = (ids) => ids.length > 8 ? `${ids.slice(0, 8).join(", ")} and ${ids.length - 8} more` : ids.join(", ");
