import type { Outcome } from '../../../../model/failure.js';
import { failLogin } from '../failures.js';
import type { LoginContext, LoginNode } from '../context.js';
import { requestForNode, resolveTarget, type TargetRequest } from '../resolve-target.js';
import type { LoginTarget } from '../target.js';
import { parseJump, type JumpStep } from './parse.js';

/** The targets to log in to, one through the other: hops, the nearest first, and the node itself last. */
export type Route = readonly [LoginTarget, ...LoginTarget[]];

/** Finds the way to a node: its `proxy_jump`, that of its jump hosts, and what ssh_config says where it is asked. */
export function resolveRoute(node: LoginNode, context: LoginContext): Promise<Outcome<Route>> {
  return routeTo({ request: requestForNode(node, false), jump: node.proxyJump, node }, [], context);
}

interface Place {
  readonly request: TargetRequest;
  /** The configuration's own word for the way there. */
  readonly jump: string | null;
  /** The node whose hops these are: free-standing ones take from it what they do not say. */
  readonly node: LoginNode;
}

async function routeTo(
  place: Place,
  behind: readonly string[],
  context: LoginContext,
): Promise<Outcome<Route>> {
  const { request } = place;
  const chain = [...behind, request.name];
  if (behind.includes(request.name)) {
    return failLogin(
      'unreachable',
      `proxy_jump goes round in a circle: ${chain.slice(chain.indexOf(request.name)).join(' → ')}`,
      'take one of them out of the circle',
    );
  }
  const resolved = await resolveTarget(request, context);
  if (!resolved.ok) return resolved;
  const { target, proxyJump, proxyCommand } = resolved.value;
  if (place.jump === null && proxyCommand !== null) {
    return failLogin(
      'unreachable',
      `ssh_config has a ProxyCommand for ${request.host}, which is not supported`,
      'use ProxyJump or `proxy_jump`, or set `proxy_jump: none` to go without',
    );
  }
  const written = place.jump ?? proxyJump;
  if (written === null || /^none$/i.test(written)) return { ok: true, value: [target] };
  const steps = parseJump(written);
  if (!steps) {
    return failLogin(
      'unreachable',
      `\`${written}\` is no jump host`,
      'write the name of a node, or [user@]host[:port]; several with commas between them',
    );
  }
  const places = steps.map((step) => placeOf(step, place, context));
  const [first, ...rest] = places;
  // ssh_config often has one ProxyJump for all hosts, the jump host included.
  if (!first || (place.jump === null && first.request.host === request.host)) {
    return { ok: true, value: [target] };
  }
  const start = await routeTo(first, chain, context);
  if (!start.ok) return start;
  const route: [LoginTarget, ...LoginTarget[]] = [...start.value];
  // The list itself is the way to its later hops, whatever they would say.
  for (const next of rest) {
    const hop = await resolveTarget(next.request, context);
    if (!hop.ok) return hop;
    route.push(hop.value.target);
  }
  return { ok: true, value: [...route, target] };
}

function placeOf(step: JumpStep, { jump, node }: Place, context: LoginContext): Place {
  const named = jump === null ? undefined : context.nodes.find(({ name }) => name === step.text);
  if (named) return { request: requestForNode(named, true), jump: named.proxyJump, node: named };
  const request: TargetRequest = {
    name: step.text,
    isHop: true,
    host: step.host,
    port: step.port,
    user: step.user,
    // A key proves who we are without giving anything away. The node's password is nobody else's business.
    authentication: { ...node.authentication, password: null },
    hostKey: node.hostKey,
    knownHosts: node.knownHosts,
    keepaliveIntervalMs: node.keepaliveIntervalMs,
    useSshConfig: node.useSshConfig,
  };
  return { request, jump: null, node };
}
