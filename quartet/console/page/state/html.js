// The one import of the view library: everything else names it through this file.
export { html, render, useCallback, useEffect, useErrorBoundary, useLayoutEffect, useMemo, useRef, useState } from "../vendor/htm/htm-preact.js";
