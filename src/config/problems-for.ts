import type { LoadedProject } from './loaded.js';
import type { ScopedProblem } from './problem-log.js';

type Loaded = Pick<LoadedProject, 'problems' | 'outlines'>;

/**
 * The problems that matter for running some scenarios: those of the project, of the scenarios, and of the nodes that
 * they use. What is wrong elsewhere is no reason not to run them.
 *
 * A scenario that is switched off has warnings only, unless it is asked for by name: then its errors are errors.
 *
 * @param scenarios By name or directory; `undefined` for everything.
 */
export function problemsFor(
  loaded: Loaded,
  scenarios: readonly string[] | undefined,
): readonly ScopedProblem[] {
  if (scenarios === undefined) return withoutRepetition(loaded.problems);
  const isAsked = ({ name, directory }: { name: string; directory: string }) =>
    scenarios.includes(name) || scenarios.includes(directory);
  const nodes = new Set(loaded.outlines.filter(isAsked).flatMap((outline) => outline.nodes));
  const concerned = loaded.problems.filter(({ scope }) => {
    switch (scope.kind) {
      case 'project':
      case 'scenarios':
        return true;
      case 'node':
        return nodes.has(scope.name);
      case 'scenario':
        return isAsked(scope);
    }
  });
  return withoutRepetition(
    concerned.map((problem) =>
      problem.isDemoted && problem.scope.kind === 'scenario'
        ? { ...problem, severity: 'error' }
        : problem,
    ),
  );
}

/** The problems that matter for doing something with nodes, and nothing with scenarios. */
export function problemsForNodes(
  loaded: Pick<LoadedProject, 'problems'>,
  nodes: readonly string[],
): readonly ScopedProblem[] {
  return loaded.problems.filter(
    ({ scope }) =>
      scope.kind === 'project' || (scope.kind === 'node' && nodes.includes(scope.name)),
  );
}

/** One mistake in a file that several scenarios share is one problem. An error says more than its own warning. */
function withoutRepetition(problems: readonly ScopedProblem[]): readonly ScopedProblem[] {
  const found = new Map<string, ScopedProblem>();
  for (const problem of problems) {
    const identity = `${problem.file}:${problem.line}:${problem.column}:${problem.message}`;
    if (found.get(identity)?.severity !== 'error') found.set(identity, problem);
  }
  return [...found.values()];
}
