import { LONGEST_COMMAND } from './script.js';

/** Something that a run of playbook has on a node, as the node tells it. */
export interface Trace {
  /** `command`: a program that playbook itself needs there, and nobody has asked for. */
  readonly kind: 'container' | 'service' | 'script' | 'folder' | 'command';
  /** The same for what is seen from several nodes of one machine. */
  readonly identity: string;
  readonly run: string;
  readonly scenario: string | null;
  readonly service: string | null;
  /** The node it was started for; `null` where it does not say. */
  readonly node: string | null;
  /** For people. */
  readonly description: string;
  /** The token of the controller that started it; `null` where it does not say. */
  readonly controller: string | null;
}

export interface Presence {
  /** `null`: the node does not tell. */
  readonly boot: string | null;
  readonly traces: readonly Trace[];
}

/** @param text What the script prints. */
export function parsePresence(text: string): Presence {
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
  const of = (word: string) =>
    lines.filter(([first]) => first === word).map(([, ...fields]) => fields);
  const boot = of('boot')[0]?.[0] ?? null;
  return {
    boot,
    traces: [
      ...of('container').flatMap(readContainer),
      ...readProcesses(of('label'), of('command'), boot ?? ''),
      ...of('folder').flatMap(([inode = '', path = '']) =>
        readFolder(`${boot ?? ''} ${inode}`, path),
      ),
    ],
  };
}

/** A label that is not there is empty. */
function orNull(text = ''): string | null {
  return text === '' ? null : text;
}

function readContainer(fields: readonly string[]): Trace[] {
  const [
    id = '',
    name = '',
    image = '',
    status = '',
    run = '',
    scenario,
    node,
    service,
    controller,
  ] = fields;
  if (run === '') return [];
  return [
    {
      kind: 'container',
      identity: `container ${id}`,
      run,
      scenario: orNull(scenario),
      service: orNull(service),
      node: orNull(node),
      description: `${name} (${image}, ${status})`,
      controller: orNull(controller),
    },
  ];
}

/** The processes of one service, or of one script, are one thing: its first process says what it is. */
function readProcesses(
  labels: readonly (readonly string[])[],
  commands: readonly (readonly string[])[],
  boot: string,
): Trace[] {
  const marks = new Map<string, Map<string, string>>();
  for (const [pid = '', assignment = ''] of labels) {
    const equals = assignment.indexOf('=');
    const own = marks.get(pid) ?? new Map<string, string>();
    own.set(assignment.slice(0, equals), assignment.slice(equals + 1));
    marks.set(pid, own);
  }
  const groups = new Map<string, { mark: Map<string, string>; pids: number[]; command: string }>();
  for (const [pid = '', , command = ''] of commands) {
    const mark = marks.get(pid);
    if (!mark) continue;
    const isService = isOfService(mark);
    const key = isService
      ? ['RUN', 'CONTROLLER', 'SCENARIO', 'NODE', 'SERVICE']
          .map((name) => mark.get(`PLAYBOOK_${name}`))
          .join('\0')
      : ['SCENARIO_RUN_ID', 'PLAYBOOK_CONTROLLER', 'SCENARIO_NAME']
          .map((name) => mark.get(name))
          .join('\0');
    const group = groups.get(key);
    if (group) group.pids.push(Number(pid));
    else groups.set(key, { mark, pids: [Number(pid)], command });
  }
  return [...groups].map(([key, { mark, pids, command: told }]): Trace => {
    const command = told.length < LONGEST_COMMAND ? told.trim() : `${told.trim()}…`;
    const isService = isOfService(mark);
    const first = Math.min(...pids);
    const more = pids.length > 1 ? ` and ${pids.length - 1} more` : '';
    return {
      kind: kindOf(mark),
      identity: `process ${boot} ${key}`,
      run: mark.get(isService ? 'PLAYBOOK_RUN' : 'SCENARIO_RUN_ID') ?? '',
      scenario: mark.get(isService ? 'PLAYBOOK_SCENARIO' : 'SCENARIO_NAME') ?? null,
      service: mark.get('PLAYBOOK_SERVICE') ?? null,
      node: mark.get('PLAYBOOK_NODE') ?? null,
      description: `process ${first}${more}: ${command}`,
      controller: mark.get('PLAYBOOK_CONTROLLER') ?? null,
    };
  });
}

function kindOf(mark: ReadonlyMap<string, string>): Trace['kind'] {
  if (!isOfService(mark)) return 'script';
  const isOurOwn = !mark.has('PLAYBOOK_SERVICE') && !mark.has('PLAYBOOK_NODE');
  return isOurOwn ? 'command' : 'service';
}

/** Scripts and services say of which run they are; only services say which one they are. */
function isOfService(mark: ReadonlyMap<string, string>): boolean {
  return mark.has('PLAYBOOK_SERVICE') || !mark.has('SCENARIO_RUN_ID');
}

/** `…/playbook-20260601_190409-1a2b3c` */
function readFolder(place: string, path: string): Trace[] {
  const found = /\/playbook-([^/]+)-([0-9a-f]{6})$/.exec(path);
  if (!found) return [];
  return [
    {
      kind: 'folder',
      // Machines that share a kernel need not share their files.
      identity: `folder ${place} ${path}`,
      run: found[1] ?? '',
      scenario: null,
      service: null,
      node: null,
      description: path,
      controller: found[2] ?? null,
    },
  ];
}
