// Dry run, redrive and discard. What cannot be undone asks first.
import { html, useState } from "../../state/html.js";
import { post } from "../../state/api.js";
import { app } from "../../state/app.js";
import { Dialog } from "../../parts/dialog.js";
import { say } from "../../parts/announce.js";
import { counted, visible } from "../../words.js";

const DID = { plan: "Dry run", redrive: "Redrive", discard: "Discard" };

export function Actions({ participant, ids, onDone }) {
  const [busy, setBusy] = useState("");
  const [asks, setAsks] = useState(null);
  if (!app().can_act) return null;
  const act = async (what) => {
    setAsks(null);
    setBusy(what);
    const body = { participant, ids, dry_run: what === "plan" };
    try {
      const answer = await post(`/api/dead-letters/${what === "discard" ? "discard" : "redrive"}`, body);
      onDone({ what, title: `${DID[what]}: ${counted(ids.length, "dead letter")} of ${participant}`, ...answer });
    } catch (error) {
      onDone({ what, title: `${DID[what]} failed`, results: [], problem: error.message });
    }
    setBusy("");
    say(`${DID[what]} is done`);
  };
  const off = ids.length === 0 || busy !== "";
  return html`<div class="buttons">
    <button type="button" disabled=${off} onClick=${() => act("plan")}>${busy === "plan" ? "Planning …" : "Dry run"}</button>
    <button type="button" class="main" disabled=${off} onClick=${() => setAsks("redrive")}>${busy === "redrive" ? "Redriving …" : "Redrive"}</button>
    <button type="button" class="danger" disabled=${off} onClick=${() => setAsks("discard")}>${busy === "discard" ? "Discarding …" : "Discard"}</button>
    ${asks && html`<${Question} what=${asks} participant=${participant} ids=${ids} onYes=${() => act(asks)} onNo=${() => setAsks(null)} />`}
  </div>`;
}

const WORDS = {
  redrive: ["Redrive", "The participant handles each event again, the oldest first. What it already did is not done twice. Redrive after the cause is repaired: otherwise the letter stays."],
  discard: ["Discard", "The participant will never handle these events, and later events of their sagas continue without them. A saga that needs one of them may never end. This cannot be undone."],
};

function Question({ what, participant, ids, onYes, onNo }) {
  const [name, text] = WORDS[what];
  return html`<${Dialog} title="${name} ${counted(ids.length, "dead letter")} of ${visible(participant)}?" id="question-title" onClose=${onNo}>
    <p>${text}</p>
    <p class="actions"><button type="button" onClick=${onNo} autofocus=${what === "discard"}>Cancel</button><button type="button" class=${what === "discard" ? "danger" : "main"} onClick=${onYes}>${name}</button></p>
  <//>`;
}
