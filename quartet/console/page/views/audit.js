// The rules of the application: whether each holds, and what broke it.
import { html } from "../state/html.js";
import { useData } from "../state/api.js";
import { overview, useNews } from "../state/live.js";
import { to } from "../state/route.js";
import { useStore } from "../state/store.js";
import { useReloadWith } from "../parts/reload.js";
import { Icon } from "../parts/icons.js";
import { Loading, Panel, Problem, Text, Time, useNow, useTitle } from "../parts/ui.js";
import { count, counted, duration, secondsSince, visible } from "../words.js";

const REFRESH_MS = 5_000;

export function Audit() {
  const { data, error, reload } = useData("/api/audit");
  const now = useNow(5000);
  useTitle("Audit");
  useNews(() => true, reload, REFRESH_MS);
  useReloadWith(useStore(overview)?.findings, reload);
  if (!data) return html`<h1 tabindex="-1">Audit</h1><${Loading} error=${error} what="The audit" retry=${reload} />`;
  const broken = data.findings.filter((one) => !one.resolved_at);
  const past = data.findings.filter((one) => one.resolved_at);
  return html`
    <h1 tabindex="-1">Audit</h1>
    ${error && html`<${Loading} error=${error} what="The newer state of the audit" retry=${reload} />`}
    <p class="story">${verdict(data, broken)}</p>
    ${broken.length > 0 && html`<${Panel} title="Broken now" id="broken-title"><${Findings} findings=${broken} rules=${data.rules} now=${now} /><//>`}
    ${SCOPES.map(([scope, title]) => html`<${Rules} key=${scope} id="rules-${scope}" title=${title} rules=${data.rules.filter((rule) => rule.scope === scope)} now=${now} />`)}
    ${past.length > 0 && html`<${Panel} title="Broken before, and no longer" id="past-title"><${Findings} findings=${past} rules=${data.rules} now=${now} /><//>`}`;
}

function verdict(data, broken) {
  const open = data.rules.filter((rule) => rule.holds === null).length;
  const judged = `${counted(data.judged, "saga")} ${data.judged === 1 ? "was" : "were"} judged${data.behind_sagas ? `, ${count(data.behind_sagas)} wait for it` : ""}.`;
  if (data.rules.length === 0) return "There is no rule to look at.";
  if (broken.length > 0 || data.rules.some((rule) => rule.holds === false)) return `At least one rule is broken: ${counted(broken.length, "finding")}. ${judged}`;
  if (open > 0) return `${counted(open, "rule")} could not be looked at yet, so nothing is proved. ${judged}`;
  return `Every rule holds. ${judged}`;
}

const HOLDS = new Map([[true, ["rule", "ended", "holds"]], [false, ["broken", "alert", "broken"]], [null, ["unknown", "unknown", "not known"]]]);

const SCOPES = [["hub", "Rules for the events of each saga"], ["saga", "Rules for each saga that has ended"], ["everything", "Rules for all sagas together"]];

const Rules = ({ id, title, rules, now }) => rules.length > 0 && html`<${Panel} title=${title} id=${id}><ul class="rules">${rules.map((rule) => html`<${Rule} key=${rule.number} rule=${rule} now=${now} />`)}</ul><//>`;

function Rule({ rule, now }) {
  const [icon, look, words] = HOLDS.get(rule.holds);
  const figures = Object.entries(rule.figures);
  return html`<li class="rule is-${look}">
    <span class="status is-${look}"><${Icon} name=${icon} />${words}</span>
    <div><p class="rule-words"><span class="muted">${rule.number}</span> <${Text} of=${rule.rule} /></p>
      ${rule.problem && html`<${Problem} of=${rule.problem} />`}
      ${figures.length > 0 && html`<dl class="rule-figures">${figures.map(([name, value]) => html`<div><dt>${visible(name)}</dt><dd><${Text} of=${value} /></dd></div>`)}</dl>`}
    </div>
    <span class="muted small">${rule.checked_at ? `checked ${duration(secondsSince(rule.checked_at, now))} ago` : "not checked yet"}</span>
  </li>`;
}

function Findings({ findings, rules, now }) {
  const isSaga = (one) => rules.some((rule) => rule.rule === one.rule && rule.scope === "saga");
  return html`<ul class="plain findings">
    ${findings.map((one) => html`<li class="finding ${one.resolved_at ? "is-past" : ""}">
      <${Icon} name=${one.resolved_at ? "rule" : "broken"} />
      <div><p>${isSaga(one) ? html`<a href=${to.saga(one.subject)}><${Text} of=${one.subject} /></a>` : html`<strong><${Text} of=${one.subject} /></strong>`}: <${Text} of=${one.what} /></p>
        <p class="muted small"><${Text} of=${one.rule} /></p></div>
      <span class="muted small">${one.resolved_at ? html`<${Time} at=${one.at} /> to <${Time} at=${one.resolved_at} />` : html`since <${Time} at=${one.at} />, ${duration(secondsSince(one.at, now))}`}</span>
    </li>`)}
  </ul>`;
}
