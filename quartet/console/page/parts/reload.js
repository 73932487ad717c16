// Load again when a value that the server said has changed.
import { useEffect, useRef } from "../state/html.js";

export function useReloadWith(value, reload) {
  const words = JSON.stringify(value);
  const last = useRef(words);
  useEffect(() => {
    if (last.current !== undefined && last.current !== words) reload();
    last.current = words;
  }, [words]);
}
