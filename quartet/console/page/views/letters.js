// Dead letters: what could not be handled, in groups, and what an operator can do about it.
import { html, useState } from "../state/html.js";
import { useData } from "../state/api.js";
import { app } from "../state/app.js";
import { overview, useNews } from "../state/live.js";
import { to } from "../state/route.js";
import { useStore } from "../state/store.js";
import { Icon } from "../parts/icons.js";
import { Loading, Problem, useNow, useTitle } from "../parts/ui.js";
import { counted } from "../words.js";
import { useReloadWith } from "../parts/reload.js";
import { Group } from "./letters/group.js";
import { Letter } from "./letters/letter.js";
import { Outcome } from "./letters/outcome.js";

const NEWS_MS = 10_000; // each answer is read from the stores of all participants

export function Letters({ rest }) {
  const [participant, ...id] = rest;
  const { data, error, reload } = useData("/api/dead-letters");
  const [outcome, setOutcome] = useState(null);
  const now = useNow(5000);
  useTitle("Dead letters");
  useNews(() => true, reload, NEWS_MS);
  useReloadWith(useStore(overview)?.letters, reload);
  const done = (result) => {
    setOutcome(result);
    reload();
  };
  return html`
    <h1 tabindex="-1">Dead letters</h1>
    <p class="muted">An event that a participant could not handle is kept here, with its bytes and the reason. Later events of the same saga wait behind it.</p>
    ${!app().can_act && html`<p class="notice"><${Icon} name="rule" /><span><strong>Read-only.</strong> This console may not redrive or discard: its setting <code>CONSOLE_ACTIONS</code> is <code>off</code>. The command line can: <code>quartet dead-letters redrive</code>.</span></p>`}
    ${outcome && html`<${Outcome} outcome=${outcome} onClose=${() => setOutcome(null)} />`}
    ${id.length > 0 && html`<${Letter} key=${participant + id.join("/")} participant=${participant} id=${id.join("/")} onDone=${done} />`}
    ${!data ? html`<${Loading} error=${error} what="The dead letters" retry=${reload} />` : html`
      ${error && html`<${Loading} error=${error} what="The newer list" retry=${reload} />`}
      ${data.unread.length > 0 && html`<${Problem} what="${counted(data.unread.length, "document")} cannot be read by this release" of=${data.unread.join(", ")} />`}
      ${data.groups.length === 0 ? html`<p class="empty panel">There is no dead letter.</p>` : data.groups.map((group) => html`<${Group} key=${group.participant + group.reason} group=${group} now=${now} onDone=${done} isShown=${(row) => id.length > 0 && row.participant === participant && row.id === id.join("/")} />`)}`}
    ${id.length > 0 && html`<p><a href=${to.letters()}>All dead letters</a></p>`}`;
}
