import { createHash } from 'node:crypto';

import type { ScenarioPlan } from '../../model/plan.js';
import { type JsonObject, asObject, asString } from '../read/json.js';
import { type Value, type Values, valuesOf, valuesOfNode } from './configuration.js';
import type { InputFile } from './files.js';
import type { Seal, Sealed } from './seal.js';

type SealedFile = Extract<InputFile, { readonly sealed: string }>;

/** An image that services of a scenario run on a node. */
export interface InputImage {
  readonly node: string;
  /** As it is written: `vllm/vllm-openai:latest`. */
  readonly image: string;
  /** `sha256:…`, what the name stood for on the node; `null` where that is not known. */
  readonly id: string | null;
}

/** Everything that a scenario's result stands on. Secrets are sealed. */
export interface Inputs {
  /** Of the seal. */
  readonly keyId: string;
  readonly configuration: Values;
  /** By `nodes.NODE.KEY`. */
  readonly nodes: Values;
  readonly files: readonly InputFile[];
  readonly images: readonly InputImage[];
}

/** What recognizes secrets and puts them away. */
export interface Discretion {
  readonly seal: Seal;
  /** Whether a text holds a known secret. */
  readonly holdsSecret: (text: string) => boolean;
  /** Whether a value with this name is a secret. */
  readonly namesSecret: (name: string) => boolean;
  /** Paths of files that hold secrets. */
  readonly secretFiles: ReadonlySet<string>;
}

/** @param files All of the scenario's folder, and what else of the project it stands on. */
export function buildInputs(
  { scenario, nodes }: ScenarioPlan,
  files: readonly InputFile[],
  discretion: Discretion,
): Inputs {
  const images = scenario.services.flatMap(({ node, container }) =>
    // One that is built is as new as its files, and those are among the inputs.
    container?.image == null || container.isBuilt ? [] : [{ node, image: container.image }],
  );
  const distinct = new Map(images.map((each) => [`${each.node}\0${each.image}`, each]));
  const ofNodes = nodes.flatMap((node) =>
    [...valuesOfNode(node)].map(([key, value]) => [`nodes.${node.name}.${key}`, value] as const),
  );
  return {
    keyId: discretion.seal.keyId,
    configuration: sealValues(valuesOf(scenario), discretion),
    nodes: sealValues(new Map(ofNodes), discretion),
    files: files.map((file) => sealIfSecret(file, discretion)),
    // A name that holds a secret is sealed among the configuration, and no name here.
    images: [...distinct.values()]
      .filter(({ image }) => !discretion.holdsSecret(image))
      .map((each) => ({ ...each, id: null })),
  };
}

function sealValues(values: Values, { seal, holdsSecret, namesSecret }: Discretion): Values {
  const sealed = (key: string, value: Value): Value => {
    if (value === null) return null;
    const name = key.slice(key.lastIndexOf('.') + 1);
    const isSecret = namesSecret(name) || holdsSecret(textOf(value));
    return isSecret ? { ...sealValue(seal, key, value) } : value;
  };
  return new Map([...values].map(([key, value]) => [key, sealed(key, value)]));
}

export function sealValue(seal: Seal, key: string, value: Value): Sealed {
  return seal.seal(key, textOf(value));
}

function textOf(value: Value): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A file as it may be written down. */
export function sealIfSecret<T extends InputFile>(
  file: T,
  { seal, secretFiles }: Pick<Discretion, 'seal' | 'secretFiles'>,
): T | SealedFile {
  return 'sha256' in file && secretFiles.has(file.path) ? sealFile(seal, file) : file;
}

export function sealFile(
  seal: Seal,
  { path, mode, sha256 }: Extract<InputFile, { readonly sha256: string }>,
): SealedFile {
  return { path, mode, ...seal.seal(`files.${path}`, sha256) };
}

/** The same with what the names of images stand for, as far as somebody knows. */
export function withImageIds(
  inputs: Inputs,
  idOf: (node: string, image: string) => string | null,
): Inputs {
  return {
    ...inputs,
    images: inputs.images.map((each) => ({ ...each, id: idOf(each.node, each.image) ?? each.id })),
  };
}

/** `inputs.json`: every part with a fingerprint of its own, so that it can be told which of them have changed. */
export function documentInputs(scenario: string, playbook: string, inputs: Inputs) {
  const parts = {
    configuration: Object.fromEntries(inputs.configuration),
    nodes: Object.fromEntries(inputs.nodes),
    files: inputs.files,
    images: inputs.images,
  };
  return {
    format: FORMAT,
    scenario,
    /** For people: another version alone is no reason to run again. */
    playbook,
    sha256: fingerprint(parts),
    parts: {
      configuration: fingerprint(parts.configuration),
      nodes: fingerprint(parts.nodes),
      files: fingerprint(parts.files),
      images: fingerprint(parts.images),
    },
    sealed_with: inputs.keyId,
    ...parts,
  };
}

const FORMAT = 1;

/** What `inputs.json` says; `null` where it is none, of a format that is not known here, or not as it was written. */
export function parseInputs(document: JsonObject | null): Inputs | null {
  if (document?.['format'] !== FORMAT) return null;
  const configuration = asObject(document['configuration']);
  const nodes = asObject(document['nodes']);
  const { files, images } = document;
  const keyId = asString(document['sealed_with']);
  if (!configuration || !nodes || !Array.isArray(files) || !Array.isArray(images)) return null;
  const isAsWritten = fingerprint({ configuration, nodes, files, images }) === document['sha256'];
  if (!isAsWritten || keyId === null) return null;
  return {
    keyId,
    // The fingerprint vouches for what is inside.
    configuration: new Map(Object.entries(configuration as Record<string, Value>)),
    nodes: new Map(Object.entries(nodes as Record<string, Value>)),
    files: files as readonly InputFile[],
    images: images as readonly InputImage[],
  };
}

/** Of a value whose keys may come in any order. */
function fingerprint(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex');
}

/** A value as text, the same for the same value. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => {
    const object = asObject(each);
    if (!object) return each;
    return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
