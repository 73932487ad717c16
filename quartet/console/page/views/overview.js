// All sagas: what needs a person, what flows, how long it takes, and who is behind.
import { html, useEffect, useState } from "../state/html.js";
import { app } from "../state/app.js";
import { get } from "../state/api.js";
import { overview } from "../state/live.js";
import { to } from "../state/route.js";
import { useStore } from "../state/store.js";
import { SagaList } from "../parts/rows.js";
import { Loading, Panel, useNow, useTitle } from "../parts/ui.js";
import { visible } from "../words.js";
import { Attention } from "./overview/attention.js";
import { Graph } from "./overview/graph.js";
import { History } from "./overview/history.js";
import { Lag } from "./overview/lag.js";
import { Steps } from "./overview/steps.js";
import { Tiles } from "./overview/tiles.js";

const NEWEST = 6;

export function Overview() {
  const now = useStore(overview);
  const [error, setError] = useState(null);
  const clock = useNow(5000);
  useTitle("Overview");
  useEffect(() => {
    if (overview.get() === null) get("/api/overview").then((found) => overview.get() ?? overview.set(found), setError);
  }, []);
  if (now === null) return html`<h1 tabindex="-1">Overview</h1><${Loading} error=${error} what="The overview" />`;
  return html`
    <h1 tabindex="-1" class="for-readers">Overview of ${visible(app().name)}</h1>
    <${Tiles} now=${now} />
    <div class="columns halves">
      <div class="stack">
        <${Panel} title="Needs a person" id="attention-title"><${Attention} now=${now} clock=${clock} /><//>
        <${Panel} title="The last hour" id="history-title"><${History} history=${now.history} /><//>
      </div>
      <${Panel} title="Newest sagas" id="recent-title" aside=${html`<a href=${to.search()}>All sagas</a>`}>
        <${SagaList} rows=${now.recent.slice(0, NEWEST)} now=${clock} terms=${false} empty="No saga has begun yet." />
      <//>
    </div>
    <${Panel} title="Who says what to whom" id="graph-title" aside=${html`<span class="muted">events per second, over the last ten seconds</span>`}><${Graph} flow=${now.flow} /><//>
    <div class="columns halves">
      <${Panel} title="Who is behind" id="lag-title" aside=${html`<span class="muted">events that wait, by partition; age of the oldest</span>`}><${Lag} lag=${now.lag} /><//>
      <${Panel} title="How long each step takes" id="steps-title" aside=${html`<span class="muted">last 15 minutes</span>`}><${Steps} steps=${now.steps} /><//>
    </div>`;
}
