import type { Problem, Severity } from '../model/problem.js';
import type { SourceLocation } from '../model/source.js';

/** What a problem keeps from being used. */
export type ProblemScope =
  | { readonly kind: 'project' }
  /** Which scenarios there are: nothing to those who want the nodes only. */
  | { readonly kind: 'scenarios' }
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'scenario'; readonly name: string; readonly directory: string };

export type ScopedProblem = Problem & {
  readonly scope: ProblemScope;
  /** An error about something that is switched off: a warning, unless somebody asks for that very thing. */
  readonly isDemoted?: true;
};

/** A problem before anybody knows whom it concerns. */
export interface Finding {
  readonly severity: Severity;
  readonly at: SourceLocation;
  /** The key path inside the file; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
}

export type Report = (finding: Finding) => void;

/** Gathers the problems of a project. */
export interface ProblemLog {
  /** A reporter for one scope. */
  scoped(scope: ProblemScope): Report;
  /** Whether a scope has no error, not even a demoted one. */
  isSound(scope: ProblemScope): boolean;
  /** Makes errors of a scope warnings, because what it is about is switched off. */
  demote(scope: ProblemScope): void;
  /** Sorted by file and position. */
  readonly all: () => readonly ScopedProblem[];
}

/** A file with more is no configuration file, or has one mistake that repeats. */
const MAX_PER_FILE = 100;

export function createProblemLog(): ProblemLog {
  const scopes = new Map<string, Map<string, ScopedProblem>>();

  return {
    scoped(scope) {
      const key = keyOf(scope);
      let found = scopes.get(key);
      if (!found) {
        found = new Map();
        scopes.set(key, found);
      }
      const problems = found;
      const counts = new Map<string, number>();
      return ({ severity, at, path, message, hint = '' }) => {
        const identity = `${at.file}:${at.line}:${at.column}:${message}`;
        if (problems.has(identity)) return;
        const count = (counts.get(at.file) ?? 0) + 1;
        counts.set(at.file, count);
        if (count > MAX_PER_FILE) {
          const last = `${at.file}:${severity} more`;
          if (problems.has(last)) return;
          const more = 'and more of that kind: the others of this file are not shown';
          problems.set(last, { severity, ...at, path: '', message: more, hint: '', scope });
          return;
        }
        problems.set(identity, {
          severity,
          file: at.file,
          line: at.line,
          column: at.column,
          path,
          message,
          hint,
          scope,
        });
      };
    },
    isSound: (scope) =>
      [...(scopes.get(keyOf(scope))?.values() ?? [])].every(
        ({ severity, isDemoted }) => severity === 'warning' && !isDemoted,
      ),
    demote(scope) {
      const problems = scopes.get(keyOf(scope));
      for (const [identity, problem] of problems ?? []) {
        if (problem.severity === 'error') {
          problems?.set(identity, { ...problem, severity: 'warning', isDemoted: true });
        }
      }
    },
    all: () =>
      [...scopes.values()].flatMap((problems) => [...problems.values()]).sort(compareProblems),
  };
}

function keyOf(scope: ProblemScope): string {
  switch (scope.kind) {
    case 'project':
    case 'scenarios':
      return scope.kind;
    case 'node':
      return `node ${scope.name}`;
    case 'scenario':
      // Two scenarios may have the same name by mistake; folders cannot.
      return `scenario ${scope.directory}`;
  }
}

function compareProblems(a: Problem, b: Problem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}
