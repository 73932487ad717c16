// Calls of /api. Every failure is an Error whose message is for people.
import { useCallback, useEffect, useRef, useState } from "./html.js";

async function answer(path, options) {
  let response;
  try {
    response = await fetch(path, { cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The console's server does not answer.");
  }
  const text = await response.text();
  let body = null;
  try {
    body = JSON.parse(text);
  } catch {
    // not JSON: the status says it
  }
  if (response.ok && body !== null) return body;
  const error = new Error(words(body) || `The console's server answered with status ${response.status}.`);
  error.status = response.status;
  throw error;
}

function words(body) {
  if (body === null || typeof body !== "object") return "";
  for (const value of [body.detail, body.problem, body.message]) if (typeof value === "string") return value;
  return body.detail ? JSON.stringify(body.detail) : "";
}

export const get = (path, signal) => answer(path, { signal });

export const post = (path, body) =>
  answer(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

// { data, error, busy, reload }: what was loaded last stays while it is loaded again.
export function useData(path) {
  const [state, setState] = useState({ path: null, data: null, error: null, busy: true });
  const running = useRef(null);
  const reload = useCallback(() => {
    running.current?.abort();
    const control = new AbortController();
    running.current = control;
    setState((old) => ({ ...old, busy: true }));
    return get(path, control.signal).then(
      (data) => running.current === control && setState({ path, data, error: null, busy: false }),
      (error) => {
        if (error.name !== "AbortError" && running.current === control) setState((old) => ({ ...old, path, error, busy: false }));
      },
    );
  }, [path]);
  useEffect(() => {
    reload();
    return () => running.current?.abort();
  }, [reload]);
  const fits = state.path === path;
  return { data: fits ? state.data : null, error: fits ? state.error : null, busy: state.busy, reload };
}
