// Runs before the first paint, so that a page in the chosen theme does not flash in the other one. A classic script for that reason.
(() => {
  const chosen = (() => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // storage is forbidden: the system's theme counts
    }
  })();
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
