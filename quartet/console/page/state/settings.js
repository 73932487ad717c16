// What a person has chosen for this browser.
import { store } from "./store.js";

const THEMES = ["auto", "light", "dark"];

function kept(name, values) {
  try {
    const found = localStorage.getItem(name);
    return values.includes(found) ? found : values[0];
  } catch {
    return values[0];
  }
}

function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // storage is forbidden: it counts until the page is left
  }
}

export const theme = store(kept("theme", THEMES));
export const shortcuts = store(kept("shortcuts", ["on", "off"]));

theme.watch((value) => {
  keep("theme", value);
  if (value === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = value;
});
shortcuts.watch((value) => keep("shortcuts", value));

export function nextTheme() {
  theme.set(THEMES[(THEMES.indexOf(theme.get()) + 1) % THEMES.length]);
}
