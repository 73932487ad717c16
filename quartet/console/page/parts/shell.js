// What surrounds every view: the header, the loud line when the page is not current, and the foot.
import { html, useEffect, useRef, useState } from "../state/html.js";
import { app } from "../state/app.js";
import { connection, overview } from "../state/live.js";
import { go, route, to } from "../state/route.js";
import { nextTheme, theme } from "../state/settings.js";
import { useStore } from "../state/store.js";
import { clock, count, counted, duration, visible } from "../words.js";
import { helpIsOpen } from "./help.js";
import { Icon } from "./icons.js";
import { isUnknown, useNow } from "./ui.js";

const BEHIND_SECONDS = 5;

export function Header() {
  const { view, query } = useStore(route);
  const now = useStore(overview);
  return html`<header class="top">
    <a class="brand" href=${to.overview()}><${Icon} name="live" /><span>${visible(app().name)}</span> <span class="brand-what">console</span></a>
    <nav aria-label="Views">
      <${Tab} href=${to.overview()} is=${view === "overview"}>Overview<//>
      <${Tab} href=${to.search()} is=${view === "search" || view === "saga"}>Search<//>
      <${Tab} href=${to.letters()} is=${view === "dead-letters"}>Dead letters<${Bubble} of=${now && total(now.letters)} what="open" /><//>
      <${Tab} href=${to.audit()} is=${view === "audit"}>Audit<${Bubble} of=${now && now.findings} what="broken" /><//>
    </nav>
    <${SearchField} q=${view === "search" ? (query.get("q") ?? "") : ""} />
    <div class="tools">
      <${Connection} />
      <${ThemeButton} />
      <button type="button" class="quiet square" aria-label="Keyboard help" title="Keyboard help (?)" onClick=${() => helpIsOpen.set(true)}>?</button>
    </div>
  </header>`;
}

export const total = (letters) => (isUnknown(letters) ? letters : Object.values(letters).reduce((sum, one) => sum + one, 0));

const Tab = ({ href, is, children }) => html`<a class="tab" href=${href} aria-current=${is ? "page" : null}>${children}</a>`;

function Bubble({ of, what }) {
  if (of === null || of === 0) return null;
  if (isUnknown(of)) return html` <span class="bubble" title=${visible(of.problem)}>?<span class="for-readers"> could not be looked at</span></span>`;
  return html` <span class="bubble is-bad">${count(of)}<span class="for-readers"> ${what}</span></span>`;
}

function SearchField({ q }) {
  const [text, setText] = useState(q);
  useEffect(() => setText(q), [q]);
  const search = (event) => {
    event.preventDefault();
    go(to.search(text.trim()));
  };
  return html`<form class="find" role="search" onSubmit=${search}>
    <label class="for-readers" for="find">Search sagas</label>
    <${Icon} name="search" />
    <input id="find" type="search" autocomplete="off" spellcheck="false" placeholder="Find by id, or any word" value=${text} onInput=${(event) => setText(event.target.value)} />
    <kbd aria-hidden="true">/</kbd>
  </form>`;
}

export function state(connected, now) {
  if (connected.state === "cut") return { name: "cut", words: "Cut off" };
  if (connected.state === "connecting" || now === null) return { name: "open", words: "Connecting" };
  if (!now.following) return { name: "cut", words: "Not following" };
  if (now.behind_seconds > BEHIND_SECONDS) return { name: "behind", words: `${duration(now.behind_seconds)} behind` };
  return { name: "live", words: "Live" };
}

function Connection() {
  const { name, words } = state(useStore(connection), useStore(overview));
  return html`<span class="connection is-${name}"><${Icon} name=${name} />${words}</span>`;
}

function ThemeButton() {
  const chosen = useStore(theme);
  const words = { auto: "as the system", light: "light", dark: "dark" }[chosen];
  return html`<button type="button" class="quiet square" title="Theme: ${words}" aria-label="Theme: ${words}. Change" onClick=${nextTheme}><${Icon} name=${chosen} /></button>`;
}

// Says loudly that what is shown is not current. The words stay the same while nothing changes: they are read aloud.
export function Banner() {
  const connected = useStore(connection);
  const now = useStore(overview);
  const { name } = state(connected, now);
  const loud = name === "cut" || name === "behind";
  return html`<div class="banner-place">
    <div role="alert">${loud && html`<p class="banner is-${name}"><${Icon} name=${name === "cut" ? "alert" : "behind"} /><span>${words(connected, now)}</span></p>`}</div>
    ${connected.state === "cut" && html`<${Retry} at=${connected.retryAt} />`}
    ${!loud && now?.problem && html`<p class="banner is-behind"><${Icon} name="alert" /><span>${visible(now.problem)}</span></p>`}
  </div>`;
}

function words(connected, now) {
  const shown = now ? ` Everything below is as it was at ${clock(now.at)}.` : "";
  if (connected.state === "cut") return html`<strong>Cut off from the console's server since ${clock(connected.since)}.</strong>${shown} The page reconnects automatically.`;
  if (!now.following) return html`<strong>The console cannot read the hub${now.problem ? ":" : "."}</strong> ${visible(now.problem)}${shown}`;
  return html`<strong>The page is behind the hub</strong> and catching up: newer events are not shown yet.`;
}

function Retry({ at }) {
  const now = useNow();
  return html`<p class="retry" aria-hidden="true">Next attempt in ${Math.max(0, Math.ceil((at - now) / 1000))} s</p>`;
}

// The content; while the page is cut off, it is dimmed, so that old figures do not look current.
export function Loss({ children }) {
  const element = useRef(null);
  const { name } = state(useStore(connection), useStore(overview));
  return html`<main id="main" tabindex="-1" ref=${element} class=${name === "cut" ? "is-old" : ""}>${children}</main>`;
}

export function Footer() {
  const now = useStore(overview);
  return html`<footer class="foot">
    <span>${visible(app().name)} · version ${visible(app().version)}</span>
    ${now && html`<span>${counted(now.sagas, "saga")} known · as of ${clock(now.at)}</span>`}
    <span>${app().can_act ? "Dead letters can be redriven and discarded here" : "Read-only"}</span>
  </footer>`;
}
