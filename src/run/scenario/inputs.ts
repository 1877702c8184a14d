import path from 'node:path';

import { METADATA_FILES } from '../../config/file-names.js';
import { looksSecret } from '../../config/value/secret.js';
import type { Outcome } from '../../model/failure.js';
import type { ScenarioPlan } from '../../model/plan.js';
import { createRedactor } from '../../remote/redaction.js';
import { renderJson } from '../../results/document.js';
import { writeAtomically } from '../../results/files/atomic-file.js';
import { fileFailure } from '../../results/files/file-failure.js';
import { shapingHooks } from '../../results/inputs/configuration.js';
import { type InputFile, listFurtherFiles, listInputFiles } from '../../results/inputs/files.js';
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

/**
 * What a scenario would stand on if it ran now; what its images stand for is left open. Reads files only.
 *
 * @param root The project's root, absolute.
 */
export async function readPresentInputs(
  plan: ScenarioPlan,
  root: string,
  secrets: readonly string[],
): Promise<Outcome<Inputs>> {
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
  const { context, plan } = attempt;
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
    ...(await listFurtherFiles(root, hookScripts(plan))),
  ];
}

function hookScripts({ scenario }: ScenarioPlan): readonly string[] {
  return shapingHooks(scenario).flatMap(({ program }) =>
    program.kind === 'script' ? [program.file] : [],
  );
}

function discretionWith(seal: Seal, secrets: readonly string[]): Discretion {
  const mask = createRedactor(secrets).text;
  return { seal, holdsSecret: (text) => mask(text) !== text, namesSecret: looksSecret };
}
