/** How compose is called on a node, and which it is. */
export interface ComposeTool {
  /** 1 for the old Python program; 2 and above behave alike. */
  readonly major: number;
  readonly version: string;
  /** `docker compose`, or `docker-compose`, which may be any version. */
  readonly argv: readonly [string, ...string[]];
}

/** What runs containers on a node. */
export interface DockerTools {
  /** The daemon's version. */
  readonly docker: string;
  readonly compose: ComposeTool;
}

/** Why a node cannot run containers, as far as it can be told apart. */
export type DockerProblem =
  | { readonly problem: 'no-client' }
  | { readonly problem: 'no-daemon'; readonly said: string }
  | { readonly problem: 'forbidden'; readonly user: string }
  | { readonly problem: 'no-compose' }
  | { readonly problem: 'old-compose'; readonly version: string };

/** V1 knows files without `version`, which is what the labels are added with, from here on. */
export const OLDEST_V1 = '1.27';

/** @param text What the detection script prints; see `scripts.ts`. */
export function parseDetection(text: string): DockerTools | DockerProblem {
  const said = new Map(
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [word = '', ...rest] = line.split(' ');
        return [word, rest.join(' ')] as const;
      }),
  );
  if (said.has('client')) return { problem: 'no-client' };
  const docker = said.get('server');
  if (docker === undefined) {
    const trouble = said.get('trouble') ?? 'docker does not answer';
    return /permission denied/i.test(trouble)
      ? { problem: 'forbidden', user: said.get('user') ?? '' }
      : { problem: 'no-daemon', said: trouble };
  }
  const compose =
    parseTool(said.get('plugin'), ['docker', 'compose']) ??
    parseTool(said.get('standalone'), ['docker-compose']);
  if (!compose) return { problem: 'no-compose' };
  return isTooOld(compose.version)
    ? { problem: 'old-compose', version: compose.version }
    : { docker, compose };
}

function parseTool(written: string | undefined, argv: ComposeTool['argv']): ComposeTool | null {
  const found = /(\d+)\.\d+\S*/.exec(written ?? '');
  if (!found) return null;
  return { major: Number(found[1]), version: found[0], argv };
}

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_V1.split('.').map(Number);
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
}
