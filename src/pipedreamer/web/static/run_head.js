/** What stands above a run: its state, its facts, why it failed, and what can be done with it. */

/** @import { Run } from "./shapes.d.ts" */
/** @import { Drawn } from "./vendor/preact.d.ts" */
import { at, mayRun, query } from "./address.js";
import { failedOf, isLive } from "./model.js";
import { startOf } from "./timeline.js";
import { copyButton, errorText, html, moment, stateOf } from "./view.js";
import { duration, now } from "./words.js";

/** @param {Run} run @param {{ cancel: () => void, again: () => void }} deeds @returns {Drawn} */
export function head(run, { cancel, again }) {
  const took = run.durationMs ?? (isLive(run) ? now() - startOf(run) : null);
  const failed = failedOf(run.nodes);
  return html`
    <div class="title">
      <h1 class="grow"><span class="soft">Run</span> <code>${run.id.slice(0, 12)}</code> ${copyButton(
        () => run.id,
        "the run's id",
      )} ${stateOf(run.state)}</h1>
      <div class="actions">
            <a class="soft" href=${at(`runs/${run.id}.json`)}>.json</a>${copyButton(
              () => JSON.stringify(run, null, 2),
              "the run as JSON",
            )}
            ${mayRun &&
              (isLive(run)
                ? html`<button type="button" key="cancel" onClick=${cancel}>Cancel…</button>`
                : html`<button type="button" key="again" class="primary" onClick=${again}>Re-run…</button>`)}
          </div>
    </div>
        <dl class="line">
          <div><dt>started</dt><dd>${moment(startOf(run))}</dd></div>
          <div><dt>duration</dt><dd>${duration(took) || "not ended"}</dd></div>
          <div><dt>trigger</dt><dd>${run.trigger}</dd></div>
          <div><dt>version</dt><dd>${run.version}</dd></div>
          ${run.rerunOf && html`
            <div>
              <dt>again from</dt>
              <dd><a href=${at(`runs/${run.rerunOf}`)}><code>${run.rerunOf.slice(0, 12)}</code></a></dd>
            </div>
          `}
        </dl>
        ${failed.slice(0, 3).map(({ id, state, attempts }) =>
          html`
            <section key=${id} class="failure"
              aria-label=${`Error of ${id}`}><a href=${query({
                node: id,
                tab: "logs",
                line: null,
              })}><b>${id}</b></a> ${state}${attempts.length
                ? errorText(attempts[attempts.length - 1].error ?? "")
                : null}</section>
          `
        )}
        ${!failed.length && run.error ? html`<section class="failure">${errorText(run.error)}</section>` : null}
  `;
}
