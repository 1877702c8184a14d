import { ALL_NODES, HOOK_POINTS, type HookSpec } from '../../model/hook.js';
import { CONTROLLER } from '../../model/node.js';
import { PHASES, type ScenarioPlan, type SuitePlan } from '../../model/plan.js';
import type { RetryStrategy, ScenarioSpec } from '../../model/scenario.js';
import type { DependencyCondition, ServiceSpec } from '../../model/service.js';
import { renderTable } from '../text/table.js';
import { count } from '../text/count.js';
import { formatDuration } from '../text/duration.js';
import { toPrintableLine } from '../text/printable.js';
import { maskWith } from '../text/mask.js';
import { plainStyle, type Style, type TextOptions } from '../text/style.js';
import { nodesOf } from './plan-json.js';

const INDENT = '   ';

interface Layout {
  readonly style: Style;
  readonly width: number;
  readonly mask: (text: string) => string;
}

/** What `run` would do, as a person reads it: nodes, scenarios with their batches and steps, what is left out. */
export function renderPlanText(plan: SuitePlan, options: TextOptions = {}): string {
  const { style = plainStyle, width = 80 } = options;
  const layout: Layout = { style, width, mask: maskWith(plan.secrets) };
  const sections = [
    renderHead(plan, style),
    renderNodes(plan, layout),
    renderHooks(plan, layout),
    ...plan.scenarios.map((scenario, index) => renderScenario(scenario, index + 1, layout)),
    renderSkipped(plan, layout),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function renderHead(plan: SuitePlan, style: Style): string {
  const { scenarios, waitBetweenScenariosMs, withoutEstimate } = plan;
  const lines = [
    `${style.strong(count(scenarios.length, 'scenario'))} of ${plan.root}, ${describeEstimate(plan)}`,
  ];
  if (plan.estimatedDurationMs !== null && withoutEstimate.length > 0) {
    lines.push(style.faint(`not counted, without an estimate: ${withoutEstimate.join(', ')}`));
  }
  if (waitBetweenScenariosMs > 0 && scenarios.length > 1) {
    lines.push(`${formatDuration(waitBetweenScenariosMs)} between scenarios`);
  }
  if (scenarios.length > 1) {
    lines.push(
      plan.continueOnFailure
        ? 'after a failure the next scenario is run'
        : 'after a failure the remaining scenarios are skipped',
    );
  }
  return lines.join('\n');
}

function describeEstimate({ estimatedDurationMs }: SuitePlan): string {
  return estimatedDurationMs === null
    ? 'no estimate of the duration'
    : `about ${formatDuration(estimatedDurationMs)}`;
}

function renderNodes(plan: SuitePlan, options: Layout): string {
  const nodes = nodesOf(plan);
  if (nodes.length === 0) return '';
  return renderTable(
    ['NODE', 'HOST', 'TRANSPORT', 'RUNTIME'].map((title) => ({ title })),
    nodes.map(({ name, host, transport, runtime }) => [name, host, transport, runtime]),
    options,
  );
}

function renderScenario(
  plan: ScenarioPlan,
  position: number,
  { style, width, mask }: Layout,
): string {
  const { scenario } = plan;
  const estimate =
    scenario.estimatedDurationMs === null
      ? ''
      : `, about ${formatDuration(scenario.estimatedDurationMs)}`;
  const title = `${position}. ${style.strong(scenario.name)} ${style.faint(`(${scenario.directory}${estimate})`)}`;
  const facts = [
    ...(scenario.description === '' ? [] : [['about', toPrintableLine(scenario.description)]]),
    ...(scenario.tags.length === 0 ? [] : [['tags', scenario.tags.join(', ')]]),
    ...describeScript(scenario),
    ...describeRetries(scenario.retryStrategy),
  ];
  const inner = { style, width: width - INDENT.length };
  const blocks = [
    renderFacts(facts, inner),
    renderServices(plan, inner),
    renderSteps(plan, style, mask),
  ];
  return `${title}\n${blocks.map(indent).join('\n\n')}`;
}

function renderFacts(
  facts: readonly (readonly string[])[],
  { style, width }: { readonly style: Style; readonly width: number },
): string {
  const labelled = facts.map(([label = '', text = '']) => [style.faint(label), text]);
  const [, ...rows] = renderTable([{ title: '' }, { title: '' }], labelled, {
    style,
    width,
  }).split('\n');
  return rows.join('\n');
}

function describeScript({ testExecution, envFile }: ScenarioSpec): (readonly string[])[] {
  const { node, script, timeoutMs, resultPaths, collectionMode, env } = testExecution;
  const where = node === CONTROLLER ? 'here' : `on ${node}`;
  const paths = resultPaths.map(({ path, kind }) => (kind === 'directory' ? `${path}/` : path));
  const facts = [
    ['script', `${script} ${where}, for at most ${formatDuration(timeoutMs)}`],
    ['results', `${paths.join(', ') || 'SCENARIO_RESULT_PATH'} (${collectionMode})`],
  ];
  const names = Object.keys(env);
  if (names.length > 0) facts.push(['env', names.join(', ')]);
  if (envFile !== null) facts.push(['env file', envFile]);
  return facts;
}

function describeRetries(retry: RetryStrategy): (readonly string[])[] {
  const parts: string[] = [];
  if (retry.serviceLevelRetries > 0) {
    const which = retry.retryOnlyFailed ? 'a failed service' : 'all services, if one fails';
    parts.push(`${which}: ${count(retry.serviceLevelRetries, 'time')}`);
  }
  if (retry.scenarioLevelRetries > 0) {
    parts.push(`the scenario: ${count(retry.scenarioLevelRetries, 'time')}`);
  }
  if (parts.length === 0) return [];
  return [['retries', `${parts.join('; ')} (after ${formatDuration(retry.retryDelayMs)})`]];
}

function renderServices(
  { scenario, batches }: ScenarioPlan,
  options: { readonly style: Style; readonly width: number },
): string {
  if (scenario.services.length === 0) return 'no services';
  const byId = new Map(scenario.services.map((service) => [service.id, service]));
  const rows = batches.flatMap((batch, index) =>
    batch.map((id, position) => {
      const service = byId.get(id);
      return [
        position === 0 ? String(index + 1) : '',
        id,
        service?.node ?? '',
        service ? describeDependencies(service) : '',
      ];
    }),
  );
  return renderTable(
    [
      { title: 'BATCH', align: 'right' },
      { title: 'SERVICE' },
      { title: 'NODE' },
      { title: 'WAITS FOR' },
    ],
    rows,
    options,
  );
}

const CONDITIONS: Record<DependencyCondition, string> = {
  service_started: 'started',
  service_healthy: 'healthy',
  service_completed_successfully: 'completed',
};

function describeDependencies({ dependsOn }: ServiceSpec): string {
  return dependsOn
    .map(({ service, condition, required }) => {
      const optional = required ? '' : ', if it can be had';
      return `${service} (${CONDITIONS[condition]}${optional})`;
    })
    .join(', ');
}

/** Steps of the same phase stand together, since phases follow each other whatever the order of the list. */
function renderSteps(
  { scenario, operations }: ScenarioPlan,
  style: Style,
  mask: (text: string) => string,
): string {
  const failureHooks = scenario.hooks.filter(({ point }) => point === 'on_failure');
  const steps = PHASES.flatMap((phase) =>
    operations
      .filter((operation) => operation.phase === phase)
      .map(({ description }, index) => {
        const label = (index === 0 ? phase : '').padEnd(PHASE_WIDTH);
        return `${style.accent(label)}  ${toPrintableLine(mask(description))}`;
      }),
  );
  return [...steps, ...hookLines(failureHooks, style, mask)].join('\n');
}

const PHASE_WIDTH = Math.max(...PHASES.map((phase) => phase.length));

/** Those that belong to the run, and to no scenario. */
function renderHooks({ hooks }: SuitePlan, { style, mask }: Layout): string {
  return hookLines(hooks, style, mask).join('\n');
}

const POINT_WIDTH = Math.max(...HOOK_POINTS.map((point) => point.length));

function hookLines(
  hooks: readonly HookSpec[],
  style: Style,
  mask: (text: string) => string,
): readonly string[] {
  return hooks.map(({ point, name, node, timeoutMs }) => {
    const where = node === CONTROLLER ? 'here' : node === ALL_NODES ? 'on all nodes' : `on ${node}`;
    const what = `${toPrintableLine(mask(name))} ${where} (at most ${formatDuration(timeoutMs)})`;
    return `${style.accent(point.padEnd(POINT_WIDTH))}  ${what}`;
  });
}

function renderSkipped({ skipped }: SuitePlan, options: Layout): string {
  if (skipped.length === 0) return '';
  return renderTable(
    ['SKIPPED', 'DIRECTORY', 'REASON'].map((title) => ({ title })),
    skipped.map(({ name, directory, reason }) => [name, directory, toPrintableLine(reason)]),
    options,
  );
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : INDENT + line))
    .join('\n');
}
