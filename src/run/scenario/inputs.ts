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
  type InputFile,
  listFurtherFiles,
  listFurtherFolder,
  listInputFiles,
} from '../../results/inputs/files.js';
import {
  type Discretion,
  type Inputs,
  buildInputs,
  documentInputs,
  withImageIds,
} from '../../results/inputs/record.js';
import {
  type Seal,
  createThrowawaySeal,
  provideSeal,
  readSeal,
} from '../../results/inputs/seal.js';
import { INPUTS } from '../../results/layout.js';
import type { Provenance } from '../../results/provenance.js';
import { type Attempt, backendOf, placeOf } from './attempt.js';

/** What a scenario would stand on if it ran now; what its images stand for is left open. Reads files only. */
export async function readPresentInputs(
  scenarioPlan: ScenarioPlan,
  { root, hooks, secrets }: Pick<SuitePlan, 'root' | 'hooks' | 'secrets'>,
): Promise<Outcome<Inputs>> {
  const plan = withSuiteHooks(scenarioPlan, hooks);
  try {
    const files = await listFiles(plan, root);
    const seal = (await readSeal(root)) ?? createThrowawaySeal();
    return { ok: true, value: buildInputs(plan, files, discretionWith(seal, secrets)) };
  } catch (error) {
    return { ok: false, failure: fileFailure(error, `could not read ${plan.scenario.path}`) };
  }
}

/** Writes down what an attempt stands on, before anything of it runs. */
export async function recordInputs(
  attempt: Attempt,
  { files: known }: Provenance,
): Promise<Outcome<void>> {
  const { context } = attempt;
  const plan = withSuiteHooks(attempt.plan, context.suiteHooks);
  try {
    const files = await listFiles(plan, context.root, known);
    const build = (seal: Seal) => buildInputs(plan, files, discretionWith(seal, context.secrets));
    const draft = createThrowawaySeal();
    attempt.inputs = build(draft);
    // A project without secrets needs no key.
    if (draft.isUsed()) attempt.inputs = build(await provideSeal(context.root));
    return await write(attempt, attempt.inputs);
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
  known?: Provenance['files'],
): Promise<readonly InputFile[]> {
  const own = await listInputFiles(plan.scenario.path, known);
  // All that it says is among the configuration, apart from what changes nothing.
  const isMetadata = ({ path: file }: InputFile) =>
    (METADATA_FILES as readonly string[]).includes(file);
  return [
    ...own.filter((file) => !isMetadata(file)),
    ...(await listHookFiles(plan.scenario.hooks, root)),
  ];
}

/**
 * The scripts of hooks that shape what is measured, and all that lies in `hooks/` for them to use: nobody can tell what a
 * script reads. Of that, scripts that are called when all is measured do not count.
 */
async function listHookFiles(
  hooks: readonly HookSpec[],
  root: string,
): Promise<readonly InputFile[]> {
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

function discretionWith(seal: Seal, secrets: readonly string[]): Discretion {
  const mask = createRedactor(secrets).text;
  return { seal, holdsSecret: (text) => mask(text) !== text, namesSecret: looksSecret };
}
