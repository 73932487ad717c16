// The keys, and the switch that turns them off.
import { html } from "../state/html.js";
import { shortcuts } from "../state/settings.js";
import { store, useStore } from "../state/store.js";
import { Dialog } from "./dialog.js";

export const helpIsOpen = store(false);

const KEYS = [
  [["/"], "to the search field"],
  [["g", "o"], "to the overview"],
  [["g", "s"], "to the search"],
  [["g", "d"], "to the dead letters"],
  [["g", "a"], "to the audit"],
  [["↑", "↓"], "in a list or a timeline: the one before, the one after (also k and j)"],
  [["Enter"], "opens what has the focus"],
  [["Esc"], "closes a dialog, leaves the search field"],
  [["?"], "this help"],
];

export function Help() {
  const isOpen = useStore(helpIsOpen);
  const keys = useStore(shortcuts);
  if (!isOpen) return null;
  const close = () => helpIsOpen.set(false);
  return html`<${Dialog} title="Keyboard" id="help-title" onClose=${close}>
    <dl class="keys">
      ${KEYS.map(([chord, words]) => html`<div><dt>${chord.map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${words}</dd></div>`)}
    </dl>
    <label class="check"><input type="checkbox" checked=${keys === "on"} onChange=${(event) => shortcuts.set(event.target.checked ? "on" : "off")} /> Keys of one character work</label>
    <p class="actions"><button type="button" autofocus onClick=${close}>Close</button></p>
  <//>`;
}
