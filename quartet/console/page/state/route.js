// Which view the address names. Every view is an address that can be sent.
import { store } from "./store.js";

export const route = store(read());

function read() {
  const parts = location.pathname.split("/").filter(Boolean).map(decoded);
  const query = new URLSearchParams(location.search);
  const [view = "overview", ...rest] = parts;
  return { view, rest, query };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // not percent-encoded as it must be: shown as it is
  }
}

export const to = {
  overview: () => "/",
  search: (q = "") => (q ? `/search?q=${encodeURIComponent(q)}` : "/search"),
  saga: (id, event) => `/saga/${encodeURIComponent(id)}${event ? `?event=${event}` : ""}`,
  letters: () => "/dead-letters",
  letter: (participant, id) => `/dead-letters/${encodeURIComponent(participant)}/${encodeURIComponent(id)}`,
  audit: () => "/audit",
};

export function go(address, { replace = false } = {}) {
  if (address !== location.pathname + location.search) {
    history[replace ? "replaceState" : "pushState"](null, "", address);
  }
  const before = route.get();
  route.set(read());
  const after = route.get();
  if (!replace && (before.view !== after.view || before.rest.join("/") !== after.rest.join("/"))) entered();
}

// A new view begins at its top, with the focus on its heading: for a screen reader, that is a new page.
function entered() {
  scrollTo(0, 0);
  requestAnimationFrame(() => document.querySelector("main h1")?.focus({ preventScroll: true }));
}

addEventListener("popstate", () => route.set(read()));

addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.origin !== location.origin || link.target || link.hasAttribute("download") || link.hash) return;
  event.preventDefault();
  go(link.pathname + link.search);
});
