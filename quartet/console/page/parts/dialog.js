// A modal dialog of the browser: it keeps the focus, closes with Escape, and gives the focus back.
import { html, useEffect, useRef } from "../state/html.js";

export function Dialog({ title, id, onClose, children }) {
  const element = useRef(null);
  useEffect(() => {
    const before = document.activeElement;
    element.current.showModal();
    return () => before?.focus?.();
  }, []);
  return html`<dialog ref=${element} aria-labelledby=${id} onClose=${onClose} onCancel=${onClose}>
    <h2 id=${id}>${title}</h2>
    ${children}
  </dialog>`;
}
