import path from 'node:path';

import { HOOKS_DIRECTORY, METADATA_FILES } from '../../config/file-names.js';
import { looksSecret } from '../../config/value/secret.js';
import type { Outcome } from '../../model/failure.js';
import type { HookSpec } from '../../model/hook.js';
import type { ScenarioPlan, SuitePlan } from '../../model/plan.js';
import { createRedactor } from '../../remote/redaction.js';
import { renderJson } from '../../results/document.js';
import { writeAtomically } from '../../results/files/atomic-file.js';
import { fileFailure } from '../../results/files/file-failure.js';
import { isShaping } from '../../results/inputs/configuration.js';
import {
  type LocatedFile,
  listFurtherFiles,
  listFurtherFolder,
  listInputFiles,
} from '../../results/inputs/files.js';
import {
  type Discretion,
  type Inputs,
  buildInputs,
  documentInputs,
  sealIfSecret,
  withImageIds,
} from '../../results/inputs/record.js';
import {
  type Seal,
  createThrowawaySeal,
  provideSeal,
  readSeal,
} from '../../results/inputs/seal.js';
import { findSecretFiles } from '../../results/inputs/secret-files.js';
import { INPUTS } from '../../results/layout.js';
import type { RawProvenance } from '../../results/provenance.js';
import { type Attempt, backendOf, placeOf } from './attempt.js';

/** What secrets of inputs are sealed with where nothing is written; one of no use to others where the project has none. */
export async function openSeal(root: string): Promise<Outcome<Seal>> {
  try {
    return { ok: true, value: (await readSeal(root)) ?? createThrowawaySeal() };
  } catch (error) {
    return { ok: false, failure: fileFailure(error, `could not read the key of ${root}`) };
  }
}

/** What a scenario would stand on if it ran now; what its images stand for is left open. Reads files only. */
export async function readPresentInputs(
  scenarioPlan: ScenarioPlan,
  { root, hooks, secrets }: Pick<SuitePlan, 'root' | 'hooks' | 'secrets'>,
  seal: Seal,
): Promise<Outcome<Inputs>> {
  const plan = withSuiteHooks(scenarioPlan, hooks);
  try {
    const files = await listFiles(plan, root);
    const discretion = await discretionFor(files, secrets);
    return { ok: true, value: buildInputs(plan, standingOn(files), { ...discretion, seal }) };
  } catch (error) {
    return { ok: false, failure: fileFailure(error, `could not read ${plan.scenario.path}`) };
  }
}

/** Writes down what an attempt stands on, and where it comes from, before anything of it runs. */
export async function recordInputs(
  attempt: Attempt,
  provenance: RawProvenance,
): Promise<Outcome<void>> {
  const { context } = attempt;
  const plan = withSuiteHooks(attempt.plan, context.suiteHooks);
  try {
    const files = await listFiles(plan, context.root, provenance.files);
    const discretion = await discretionFor(files, context.secrets);
    const build = (seal: Seal) => {
      attempt.inputs = buildInputs(plan, standingOn(files), { ...discretion, seal });
      const own = provenance.files.map((file) => sealIfSecret(file, { ...discretion, seal }));
      attempt.provenance = { ...provenance, files: own };
      return attempt.inputs;
    };
    const draft = createThrowawaySeal();
    let inputs = build(draft);
    // A project without secrets needs no key.
    if (draft.isUsed()) inputs = build(await provideSeal(context.root));
    return await write(attempt, inputs);
  } catch (error) {
    return {
      ok: false,
      failure: fileFailure(error, `could not write down what ${plan.scenario.name} stands on`),
    };
  }
}

/**
 * Adds what the names of images stand for, once they are on their nodes. Where a node does not say, it stays open: that
 * is no reason to fail.
 */
export async function recordImages(attempt: Attempt): Promise<void> {
  const { context, plan, inputs, signal } = attempt;
  if (inputs === null || inputs.images.length === 0) return;
  const nodes = [...new Set(inputs.images.map(({ node }) => node))];
  const asked = await Promise.all(
    nodes.map(async (node) => {
      const images = inputs.images.filter((each) => each.node === node).map(({ image }) => image);
      const backend = backendOf(attempt, placeOf(attempt, node).node.runtime);
      const ids = await backend.imageIds(placeOf(attempt, node).node, images, signal);
      return [node, ids.ok ? ids.value : new Map<string, string>()] as const;
    }),
  );
  const ids = new Map(asked);
  attempt.inputs = withImageIds(inputs, (node, image) => ids.get(node)?.get(image) ?? null);
  const written = await write(attempt, attempt.inputs);
  if (written.ok) return;
  const { message } = written.failure;
  context.emit({ type: 'warning', scenario: plan.scenario.name, message });
}

function write({ context, plan, resultFolder }: Attempt, inputs: Inputs): Promise<Outcome<void>> {
  const document = documentInputs(plan.scenario.name, context.versions.playbook, inputs);
  // What is secret is sealed already: masking would only make the fingerprints wrong.
  return writeAtomically(
    path.join(resultFolder, INPUTS),
    renderJson(document, (text) => text),
  );
}

/** What hooks of the run set on a node shapes all its scenarios, so it counts as if each had called them. */
function withSuiteHooks(plan: ScenarioPlan, hooks: readonly HookSpec[]): ScenarioPlan {
  const { scenario } = plan;
  return { ...plan, scenario: { ...scenario, hooks: [...hooks, ...scenario.hooks] } };
}

async function listFiles(
  plan: ScenarioPlan,
  root: string,
  known?: RawProvenance['files'],
): Promise<readonly LocatedFile[]> {
  const own = await listInputFiles(plan.scenario.path, known);
  return [
    ...own.map((file) => ({ file, at: path.join(plan.scenario.path, file.path) })),
    ...(await listHookFiles(plan.scenario.hooks, root)),
  ];
}

/** All that `metadata.yaml` says is among the configuration, apart from what changes nothing. */
function standingOn(files: readonly LocatedFile[]) {
  return files
    .map(({ file }) => file)
    .filter((file) => !(METADATA_FILES as readonly string[]).includes(file.path));
}

/**
 * The scripts of hooks that shape what is measured, and all that lies in `hooks/` for them to use: nobody can tell what a
 * script reads. Of that, scripts that are called when all is measured do not count.
 */
async function listHookFiles(
  hooks: readonly HookSpec[],
  root: string,
): Promise<readonly LocatedFile[]> {
  const shaping = hooks.filter(isShaping);
  if (shaping.length === 0) return [];
  return [
    ...(await listFurtherFiles(root, shaping.flatMap(scriptOf))),
    ...(await listFurtherFolder(
      root,
      path.join(root, HOOKS_DIRECTORY),
      new Set(hooks.flatMap(scriptOf)),
    )),
  ];
}

function scriptOf({ program }: HookSpec): readonly string[] {
  return program.kind === 'script' ? [program.file] : [];
}

async function discretionFor(
  files: readonly LocatedFile[],
  secrets: readonly string[],
): Promise<Omit<Discretion, 'seal'>> {
  const mask = createRedactor(secrets).text;
  const holdsSecret = (text: string) => mask(text) !== text;
  const secretFiles = await findSecretFiles(files, holdsSecret);
  return { holdsSecret, namesSecret: looksSecret, secretFiles };
}
