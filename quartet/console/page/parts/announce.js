// One polite live region for the whole page: what a person did not ask for in this moment, and wants to hear.
import { html } from "../state/html.js";
import { store, useStore } from "../state/store.js";

const said = store("");

export const say = (text) => said.set(text);

export const Announcements = () => html`<div class="for-readers" role="status" aria-live="polite">${useStore(said)}</div>`;
