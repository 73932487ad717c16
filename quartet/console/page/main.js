// The page: it learns the application, then draws the view that the address names.
import { html, render, useEffect, useErrorBoundary, useState } from "./state/html.js";
import { get } from "./state/api.js";
import { learn } from "./state/app.js";
import { connect } from "./state/live.js";
import { route } from "./state/route.js";
import { useStore } from "./state/store.js";
import { Announcements } from "./parts/announce.js";
import { Help } from "./parts/help.js";
import { listenToKeys } from "./parts/keys.js";
import { Banner, Footer, Header, Loss } from "./parts/shell.js";
import { Loading, useTitle } from "./parts/ui.js";
import { Audit } from "./views/audit.js";
import { Letters } from "./views/letters.js";
import { Overview } from "./views/overview.js";
import { Saga } from "./views/saga.js";
import { Search } from "./views/search.js";

const VIEWS = { overview: Overview, search: Search, saga: Saga, "dead-letters": Letters, audit: Audit };
const RETRY_MS = 2_000;

function Page() {
  const [known, setKnown] = useState(false);
  const [error, setError] = useState(null);
  useEffect(() => {
    let timer = null;
    const begin = () =>
      get("/api/app").then(
        (app) => {
          learn(app);
          connect();
          listenToKeys();
          setKnown(true);
        },
        (problem) => {
          setError(problem);
          timer = setTimeout(begin, RETRY_MS);
        },
      );
    begin();
    return () => clearTimeout(timer);
  }, []);
  if (!known) return html`<main class="first"><h1>Quartet console</h1><${Loading} error=${error} what="The application" /></main>`;
  return html`<a class="skip" href="#main">Skip to the content</a>
    <${Header} />
    <${Banner} />
    <${Loss}><${View} /><//>
    <${Footer} />
    <${Help} />
    <${Announcements} />`;
}

function View() {
  const { view, rest, query } = useStore(route);
  const Chosen = VIEWS[view] ?? NotFound;
  return html`<${Guarded} key=${view === "saga" ? rest.join("/") : view}><${Chosen} rest=${rest} query=${query} /><//>`;
}

function Guarded({ children }) {
  const [error] = useErrorBoundary((problem) => console.error(problem));
  if (error) return html`<h1 tabindex="-1">This view failed</h1><p class="problem">The page has a fault: ${String(error.message)}. Reload it, and please report it.</p>`;
  return children;
}

function NotFound() {
  useTitle("Not found");
  return html`<h1 tabindex="-1">There is no such view</h1><p><a href="/">To the overview</a></p>`;
}

const root = document.getElementById("page");
root.replaceChildren();
render(html`<${Page} />`, root);
