// Sagas that fit some words, the newest first.
import { html, useEffect, useRef, useState } from "../state/html.js";
import { get, useData } from "../state/api.js";
import { app, ends } from "../state/app.js";
import { useNews } from "../state/live.js";
import { go, to } from "../state/route.js";
import { say } from "../parts/announce.js";
import { Icon } from "../parts/icons.js";
import { SagaList } from "../parts/rows.js";
import { Loading, Text, useNow, useTitle } from "../parts/ui.js";
import { counted, visible } from "../words.js";
import { has, hints, toggled } from "./search_words.js";

const LIMIT = 50;
const STATUSES = [["open", "Open"], ["compensating", "Compensating"], ["compensation-failed", "Compensation failed", "failed"], ["stuck", "Stuck"], ["failed", "Failed"], ["ended", "Ended"]];
const TIMES = [["10m", "10 minutes"], ["1h", "hour"], ["1d", "day"]];

export function Search({ query }) {
  const q = query.get("q") ?? "";
  const path = `/api/sagas?limit=${LIMIT}&q=${encodeURIComponent(q)}`;
  const { data, error, busy, reload } = useData(path);
  const [more, setMore] = useState({ path, rows: [], next: undefined, error: null });
  const now = useNow(5000);
  useTitle(q ? `Search: ${visible(q)}` : "Search");
  useEffect(() => setMore({ path, rows: [], next: undefined, error: null }), [path]);
  const extra = more.path === path ? more : { rows: [], next: undefined, error: null };
  const rows = data ? [...data.sagas, ...extra.rows] : [];
  const next = extra.next === undefined ? data?.next : extra.next;
  // A further page was loaded: the list stays as it is under the reader's eyes.
  useNews(() => extra.rows.length === 0, reload, 2000);
  useAnnounced(data, path, next);
  const load = () =>
    get(`${path}&cursor=${encodeURIComponent(next)}`).then(
      (page) => setMore({ path, rows: [...extra.rows, ...page.sagas], next: page.next, error: null }),
      (problem) => setMore({ ...extra, path, error: problem }),
    );
  return html`
    <h1 tabindex="-1">Search</h1>
    <${Filters} q=${q} />
    <${Hints} q=${q} rows=${rows} />
    ${!data ? html`<${Loading} error=${error} what="The result" retry=${reload} />` : html`
      ${error && html`<${Loading} error=${error} what="The newer result" retry=${reload} />`}
      <p class="found muted">${rows.length === 0 ? "No saga" : counted(rows.length, "saga")}${next ? " and more" : ""}${q && html` for <${Text} class="asked" of=${q} />`} · ${data.took_ms < 1 ? "less than 1" : Math.round(data.took_ms)} ms${busy ? " · refreshing" : ""}</p>
      <div class="panel flush"><${SagaList} rows=${rows} now=${now} empty=${q ? "No saga fits all of these words. Remove one, or ask for a longer time." : "No saga has begun yet."} /></div>
      ${extra.error && html`<${Loading} error=${extra.error} what="The next page" />`}
      ${next && html`<p class="actions"><button type="button" onClick=${load}>Show more</button></p>`}`}`;
}

function useAnnounced(data, path, next) {
  const last = useRef(null);
  useEffect(() => {
    if (!data || last.current === path) return;
    last.current = path;
    say(`${counted(data.sagas.length, "saga")}${next ? " and more" : ""} found`);
  }, [data, path]);
}

function Filters({ q }) {
  const all = ends();
  return html`<div class="filters">
    <div role="group" aria-label="Status"><span class="group-name">Status</span>
      ${STATUSES.map(([word, words, look = word]) => html`<${Toggle} q=${q} word="status:${word}" look=${look}>${words}<//>`)}
      ${all.length > 1 && all.map((event) => html`<${Toggle} q=${q} word="status:${event.label}" look=${event.kind === "failed_end" ? "failed" : "ended"}>${visible(event.label)}<//>`)}
    </div>
    <div role="group" aria-label="Began in the last"><span class="group-name">Began in the last</span>
      ${TIMES.map(([word, words]) => html`<${Toggle} q=${q} word="after:${word}">${words}<//>`)}
    </div>
  </div>`;
}

const Toggle = ({ q, word, look, children }) => html`<button type="button" class="toggle" aria-pressed=${has(q, word) ? "true" : "false"} onClick=${() => go(to.search(toggled(q, word)), { replace: true })}>${look && html`<${Icon} name=${look} />`}${children}</button>`;

function Hints({ q, rows }) {
  return html`<details class="hints" open=${q === "" && rows.length === 0}>
    <summary>What can be asked</summary>
    <p>Words with blanks between them: a saga must fit all. A word alone is the beginning of an id, or of any value below.</p>
    <ul class="plain hint-list">
      ${hints(rows, app().stuck_after).map((hint) => html`<li key=${hint.word}><button type="button" class="hint" onClick=${() => go(to.search(toggled(q, hint.word)))}><code>${visible(hint.word)}</code></button> <span class="muted">${hint.means}</span></li>`)}
    </ul>
  </details>`;
}
