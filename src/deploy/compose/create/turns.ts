import type { ServiceSpec } from '../../../model/service.js';
import type { ComposeTool } from '../runtime/versions.js';
import type { ComposeModel } from './compose-model.js';

/**
 * The services whose containers can be made ahead of their turn. V1 would give a network, namespaces or links of their own
 * to those that use another container, as long as that does not run, with no more than a warning.
 */
export function makeableAhead(
  services: readonly ServiceSpec[],
  model: ComposeModel,
  { major }: ComposeTool,
): readonly ServiceSpec[] {
  if (major >= 2) return services;
  return services.filter(({ name }) => {
    const service = model.services.get(name);
    return !service?.sharesNamespaces && !service?.isLinked;
  });
}

/**
 * The services that are made together. V1 waits until one is healthy, or has ended, before it makes another that awaits
 * that, although it starts neither: so these are made in turns.
 */
export function turnsOf(
  services: readonly ServiceSpec[],
  model: ComposeModel,
  { major }: ComposeTool,
): readonly (readonly string[])[] {
  const names = services.map(({ name }) => name);
  if (names.length === 0) return [];
  if (major >= 2) return [names];
  const turns: string[][] = [];
  const turnOf = (name: string): number => {
    const awaited = model.services.get(name)?.awaits.filter((other) => names.includes(other)) ?? [];
    return Math.max(0, ...awaited.map((other) => turnOf(other) + 1));
  };
  for (const name of names) (turns[turnOf(name)] ??= []).push(name);
  return turns;
}

/**
 * Whether compose has to start a service itself: when V1 makes a container it joins it to one network only, and to the
 * others, with its links, when it starts it.
 */
export function isJoinedAtStart(
  { name }: ServiceSpec,
  model: ComposeModel,
  { major }: ComposeTool,
): boolean {
  const service = model.services.get(name);
  return major < 2 && service !== undefined && (service.isLinked || service.networks > 1);
}
