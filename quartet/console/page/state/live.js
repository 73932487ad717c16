// What the server says on its own: the overview, and which sagas have news. It reconnects forever, and says so.
import { useEffect, useRef } from "./html.js";
import { get } from "./api.js";
import { store } from "./store.js";

const SILENCE_MS = 20_000; // after which the server is asked: a connection can be dead without an error
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;

// state: connecting | live | cut. since: when it became so. retryAt: of the next attempt.
export const connection = store({ state: "connecting", since: Date.now(), retryAt: null });
export const overview = store(null);
const news = new Set();
let source = null;
let pause = FIRST_PAUSE_MS;
let heard = Date.now();
let timer = null;

export function connect() {
  clearTimeout(timer);
  source?.close();
  source = new EventSource("/api/live");
  const mine = source;
  source.onopen = () => heardSomething();
  source.addEventListener("overview", (event) => heardSomething() || overview.set(JSON.parse(event.data)));
  source.addEventListener("sagas", (event) => heardSomething() || tell(new Set(JSON.parse(event.data))));
  source.addEventListener("bye", () => lost(mine));
  source.onerror = () => lost(mine);
}

function heardSomething() {
  const wasCut = connection.get().state === "cut";
  heard = Date.now();
  pause = FIRST_PAUSE_MS;
  if (connection.get().state !== "live") connection.set({ state: "live", since: Date.now(), retryAt: null });
  if (wasCut) tell(null);
}

function lost(which) {
  if (which !== source) return;
  source.close();
  const now = connection.get();
  connection.set({ state: "cut", since: now.state === "cut" ? now.since : Date.now(), retryAt: Date.now() + pause });
  clearTimeout(timer);
  timer = setTimeout(connect, pause);
  pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
}

// ids: a set, or null if any saga may have changed.
function tell(ids) {
  for (const listener of [...news]) listener(ids);
}

async function ask() {
  if (connection.get().state !== "live" || Date.now() - heard < SILENCE_MS) return;
  const mine = source;
  try {
    overview.set(await get("/api/overview", AbortSignal.timeout(SILENCE_MS / 4)));
    heard = Date.now();
  } catch {
    lost(mine);
  }
}

setInterval(ask, SILENCE_MS / 4);
addEventListener("online", connect);

// Calls back at most once in `everyMs`, when one of the sagas that `matters` accepts has news.
export function useNews(matters, callback, everyMs = 1000) {
  const latest = useRef({});
  latest.current = { matters, callback };
  useEffect(() => {
    let waiting = null;
    const listener = (ids) => {
      if (waiting !== null || !(ids === null || latest.current.matters(ids))) return;
      waiting = setTimeout(() => {
        waiting = null;
        latest.current.callback();
      }, everyMs);
    };
    news.add(listener);
    return () => {
      news.delete(listener);
      clearTimeout(waiting);
    };
  }, [everyMs]);
}
