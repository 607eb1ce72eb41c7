/** A form out of a JSON Schema: a field for each property, raw JSON where the schema is beyond that. */

/** @import { Problem, Schema } from "./shapes.d.ts" */
/** @import { Drawn } from "./vendor/preact.d.ts" */
import { inputType, kindOf, resolved, start } from "./schema.js";
import { Component, html } from "./view.js";

/**
 * @typedef {object} Props
 * @property {Schema} schema
 * @property {Schema} root the document that `$ref` points into
 * @property {unknown} value `undefined` where it is left out
 * @property {(value: unknown) => void} set
 * @property {string} path as a JSON Pointer
 * @property {string} name
 * @property {boolean} [required]
 * @property {boolean} [item] whether it is one of a list, so that no mark says that it is needed
 * @property {Problem[]} problems
 */

/** @param {Props} props @returns {Drawn} */
export function Field(props) {
  const { root, value, set, path, name, required, item, problems } = props;
  const schema = resolved(props.schema, root);
  const kind = kindOf(schema);
  const label = schema.title ?? name;
  const wrong = problems.filter((problem) => problem.path === path).map(({ message }) => message);
  const about = html`${schema.description && html`<span class="about">${schema.description}</span>`}${
    wrong.map((message) => html`<span class="trouble" role="alert">${message}</span>`)
  }`;
  if (value === undefined && !required && (kind === "object" || kind === "array")) {
    return html`<div class="field"><button type="button" class="quiet" onClick=${() =>
      set(start(schema, root))}>Add ${label}</button>${about}</div>`;
  }
  const inner = { ...props, schema, path };
  if (kind === "object") return html`<${Parts} ...${inner} label=${label} about=${about} />`;
  if (kind === "array") return html`<${Items} ...${inner} label=${label} about=${about} />`;
  const mark = required && !item ? html`<b class="required" title="required">*</b>` : null;
  const text = html`<span>${label || "value"}${mark}</span>`;
  const id = `field${path}`;
  return html`<label class=${`field of-${kind}`} for=${id}>${text}${
    control(kind, schema, id, { value, set, required })
  }${about}</label>`;
}

/** @param {string} kind @param {Schema} schema @param {string} id @param {{ value: unknown, set: (value: unknown) => void, required?: boolean }} held */
function control(kind, schema, id, { value, set, required }) {
  const typed = (/** @type {(text: string) => unknown} */ read) => (/** @type {Event} */ event) =>
    set(read(/** @type {HTMLInputElement} */ (event.target).value));
  if (kind === "boolean") {
    const change = (/** @type {Event} */ event) => set(/** @type {HTMLInputElement} */ (event.target).checked);
    return html`<input id=${id} type="checkbox" checked=${value === true} onChange=${change} />`;
  }
  if (kind === "choice") {
    const choices = (schema.enum ?? [schema.const]).map((choice) => JSON.stringify(choice));
    return html`<select id=${id} value=${JSON.stringify(value) ?? ""} onChange=${
      typed((text) => text ? JSON.parse(text) : undefined)
    }>
      ${!required && html`<option value="">left out</option>`}
      ${choices.map((text) => html`<option value=${text}>${text.startsWith('"') ? JSON.parse(text) : text}</option>`)}
    </select>`;
  }
  if (kind === "number") {
    return html`
      <input id=${id} type="number" step=${schema.type === "integer" ? 1 : "any"} min=${schema.minimum} max=${schema
        .maximum}
        required=${required} value=${value ?? ""} onInput=${typed((text) => text === "" ? undefined : Number(text))} />
    `;
  }
  if (kind === "json") return html`<${Raw} id=${id} value=${value} set=${set} rows=${3} />`;
  const read = typed((text) => text === "" && !required ? undefined : text);
  if ((schema.maxLength ?? 0) > 200 || String(value ?? "").includes("\n")) {
    return html`<textarea id=${id} rows="4" value=${value ?? ""} onInput=${read}></textarea>`;
  }
  return html`
    <input id=${id} type=${inputType(schema)} value=${value ?? ""} minlength=${schema.minLength} maxlength=${schema
      .maxLength}
      onInput=${read} />
  `;
}

/** @param {Props & { label: string, about: Drawn }} props @returns {Drawn} */
function Parts({ schema, root, value, set, path, problems, label, about, required }) {
  const held = /** @type {Record<string, unknown>} */ (value && typeof value === "object" ? value : {});
  const change = (/** @type {string} */ name, /** @type {unknown} */ part) => {
    const { [name]: _, ...others } = held;
    set(part === undefined ? others : { ...held, [name]: part });
  };
  const fields = Object.entries(schema.properties ?? {}).map(([name, part]) =>
    html`
      <${Field} key=${name} schema=${part} root=${root} value=${held[name]} set=${(/** @type {unknown} */ made) =>
        change(name, made)}
        path=${`${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`} name=${name} required=${schema.required
          ?.includes(name)} problems=${problems} />
    `
  );
  if (!path) return html`${about}${fields}`;
  return html`<fieldset><legend>${label}${removal(required, set, label)}</legend>${about}${fields}</fieldset>`;
}

/** @param {Props & { label: string, about: Drawn }} props @returns {Drawn} */
function Items({ schema, root, value, set, path, problems, label, about, required }) {
  const held = Array.isArray(value) ? value : [];
  const items = schema.items ?? {};
  return html`<fieldset><legend>${label}${removal(required, set, label)}</legend>${about}
    ${
    held.map((value, index) => {
      const change = (/** @type {unknown} */ made) => set(held.with(index, made === undefined ? null : made));
      const inner = {
        schema: items,
        root,
        value,
        set: change,
        path: `${path}/${index}`,
        name: `${index + 1}`,
        problems,
      };
      const remove = () => set(held.toSpliced(index, 1));
      return html`<div class="item"><${Field} ...${inner} required item />
        <button type="button" class="quiet" aria-label=${`Remove ${label} ${
        index + 1
      }`} onClick=${remove}>×</button></div>`;
    })
  }
    <button type="button" class="quiet" onClick=${() =>
    set([...held, start(items, root)])}>Add one</button></fieldset>`;
}

/** @param {boolean | undefined} required @param {(value: unknown) => void} set @param {string} label */
const removal = (required, set, label) =>
  required ? null : html`
    <button type="button" class="quiet" aria-label=${`Leave out ${label}`} onClick=${() => set(undefined)}>×</button>
  `;

/** @extends {Component<{ id: string, value: unknown, set: (value: unknown) => void, rows: number }, { text: string }>} */
export class Raw extends Component {
  /** @param {{ id: string, value: unknown, set: (value: unknown) => void, rows: number }} props */
  constructor(props) {
    super(props);
    this.state = { text: props.value === undefined ? "" : JSON.stringify(props.value, null, 2) };
  }

  /** @param {Event} event */
  typed(event) {
    const area = /** @type {HTMLTextAreaElement} */ (event.target);
    this.setState({ text: area.value });
    try {
      this.props.set(area.value.trim() ? JSON.parse(area.value) : undefined);
      area.setCustomValidity("");
    } catch (error) {
      area.setCustomValidity(`This is not JSON: ${/** @type {Error} */ (error).message}`);
    }
  }

  /** @param {{ id: string, rows: number }} props @param {{ text: string }} state @returns {Drawn} */
  render({ id, rows }, { text }) {
    return html`
      <textarea id=${id} class="json" rows=${rows} spellcheck="false" value=${text}
        onInput=${(/** @type {Event} */ event) => this.typed(event)}></textarea>
    `;
  }
}
