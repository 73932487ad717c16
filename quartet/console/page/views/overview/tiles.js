// How many sagas are in which state. Each number is a link to those sagas.
import { html } from "../../state/html.js";
import { ends, kindOf } from "../../state/app.js";
import { to } from "../../state/route.js";
import { count, visible } from "../../words.js";
import { Icon } from "../../parts/icons.js";
import { isUnknown } from "../../parts/ui.js";
import { total } from "../../parts/shell.js";

export function Tiles({ now }) {
  const types = [...new Set([...ends().map((event) => event.type), ...Object.keys(now.ended)])];
  const sum = (kind) => types.filter((type) => (kindOf(type) === "failed_end") === (kind === "failed")).reduce((all, type) => all + (now.ended[type] ?? 0), 0);
  return html`<ul class="tiles" aria-label="Sagas by status">
    <${Tile} look="open" words="Open" of=${now.open} href=${to.search("status:open")} note="on their way" />
    <${Tile} look="compensating" words="Compensating" of=${now.compensating} href=${to.search("status:compensating")} note="undoing their work" />
    <${Tile} look="ended" words="Ended well" of=${sum("ended")} href=${to.search("status:ended")} note=${names("end")} />
    <${Tile} look="failed" words="Failed" of=${sum("failed")} href=${to.search("status:failed")} note=${names("failed_end")} />
    <${Tile} look="stuck" words="Stuck" of=${now.stuck} href=${to.search("status:stuck")} note="open, without news" isBad />
    <${Tile} look="letter" words="Dead letters" of=${total(now.letters)} href=${to.letters()} note="could not be handled" isBad />
    <${Tile} look="broken" words="Broken rules" of=${now.findings} href=${to.audit()} note="found by the audit" isBad />
  </ul>`;
}

const names = (kind) => ends().filter((event) => event.kind === kind).map((event) => visible(event.label)).join(", ");

function Tile({ look, words, of, href, note, isBad = false }) {
  const unknown = isUnknown(of);
  const calm = isBad && of === 0;
  return html`<li class="tile is-${look} ${calm ? "is-calm" : ""}">
    <a href=${href}>
      <span class="tile-words"><${Icon} name=${unknown ? "unknown" : look} />${words}</span>
      <span class="tile-number ${unknown ? "is-word" : ""}">${unknown ? "unknown" : count(of)}</span>
      <span class="tile-note">${unknown ? visible(of.problem) : note}</span>
    </a>
  </li>`;
}
