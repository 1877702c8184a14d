import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';

import type { ResultSummary, SuiteSummary } from '../../../src/model/result.js';
import { type ChaosScenario, EXPECTED, SCENARIOS } from '../project/suite.js';

/** What is wrong with the folders of a project's runs, whatever befell them: a sentence each. */
export async function objectionsToResults(root: string): Promise<readonly string[]> {
  const results = path.join(root, 'results');
  const runs = (await entriesOf(results)).filter((name) => name !== 'latest');
  return (await Promise.all(runs.map((run) => objectionsToRun(path.join(results, run))))).flat();
}

async function objectionsToRun(folder: string): Promise<readonly string[]> {
  const files = await filesBelow(folder);
  const documents = files.filter((file) => file.endsWith('.json') && !isArtifact(file));
  const perDocument = await Promise.all(documents.map((file) => objectionsToJson(folder, file)));
  const perScenario = await Promise.all(
    SCENARIOS.map((scenario) => objectionsToScenario(folder, scenario)),
  );
  return [
    ...perDocument.flat(),
    ...(await objectionsToEvents(folder)),
    ...perScenario.flat(),
    ...(await objectionsToSummary(folder)),
  ];
}

function isArtifact(file: string): boolean {
  return file.split(path.sep).includes('test_artifacts');
}

async function objectionsToJson(folder: string, file: string): Promise<readonly string[]> {
  try {
    JSON.parse(await readFile(path.join(folder, file), 'utf8'));
    return [];
  } catch (error) {
    return [`${file}: ${(error as Error).message}`];
  }
}

/** A line that was being written when the writer died is torn; every other one is whole. */
async function objectionsToEvents(folder: string): Promise<readonly string[]> {
  const text = await readText(path.join(folder, 'events.ndjson'));
  const lines = text.split('\n').slice(0, -1);
  return lines.flatMap((line, index) => {
    try {
      JSON.parse(line);
      return [];
    } catch {
      return [`events.ndjson: line ${index + 1} is no JSON: ${line.slice(0, 120)}`];
    }
  });
}

async function objectionsToScenario(
  folder: string,
  scenario: ChaosScenario,
): Promise<readonly string[]> {
  const text = await readText(path.join(folder, scenario, 'result_summary.json'));
  // That it parses is judged above; that it is there, by the suite's summary.
  const summary = parse(text) as ResultSummary | null;
  if (!summary) return [];
  const perArtifact = await Promise.all(
    summary.artifacts.map(async ({ path: name, size, sha256 }) => {
      const file = path.join(folder, scenario, name);
      const content = await readFile(file).catch(() => null);
      if (content === null) return [`${scenario}/${name}: said to be there, and is not`];
      const found = createHash('sha256').update(content).digest('hex');
      return content.length === size && found === sha256
        ? []
        : [`${scenario}/${name}: not as it was written down: ${content.length} bytes, ${found}`];
    }),
  );
  if (summary.status !== 'completed') return perArtifact.flat();
  const perFile = await Promise.all(
    Object.entries(EXPECTED[scenario]).map(async ([name, expected]) => {
      const artifact = path.join('test_artifacts', name);
      const found = await readFile(path.join(folder, scenario, artifact), 'utf8').catch(() => null);
      if (found === null) return [`${scenario}: completed without ${name}`];
      const isListed = summary.artifacts.some((each) => each.path === artifact);
      if (!isListed) return [`${scenario}: ${name} is not among the artifacts`];
      return found === expected
        ? []
        : [`${scenario}/${name}: ${found.length} bytes, where the script wrote ${expected.length}`];
    }),
  );
  return [...perArtifact.flat(), ...perFile.flat()];
}

/** What the suite says of a scenario, the scenario says itself. */
async function objectionsToSummary(folder: string): Promise<readonly string[]> {
  const suite = parse(
    await readText(path.join(folder, 'suite_summary.json')),
  ) as SuiteSummary | null;
  if (!suite) return [];
  const perScenario = await Promise.all(
    suite.scenarios.map(async ({ name, status }) => {
      const own = parse(
        await readText(path.join(folder, name, 'result_summary.json')),
      ) as ResultSummary | null;
      if (own === null) {
        return status === 'completed' ? [`${name}: completed without result_summary.json`] : [];
      }
      // What could not be written down, or removed from a node, did not complete.
      return own.status === status || own.status === 'completed'
        ? []
        : [`${name}: ${status} in the suite, ${own.status} by itself`];
    }),
  );
  return perScenario.flat();
}

/** `null` where it is not there, or torn: that is judged elsewhere. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  });
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
}
