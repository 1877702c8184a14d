import type { WebhookSpec } from '../../model/webhook.js';
import { createSection, reportUnset } from '../check/section.js';
import type { Report } from '../problem-log.js';
import type { WebhookEntry } from '../schema/notifications.js';
import { parseDuration } from '../value/duration.js';
import { looksSecret, type SecretCollector } from '../value/secret.js';
import { locateNode, renderPath, type PathStep, type YamlNode } from '../yaml/tree.js';
import { WEBHOOK_SETTING } from './built-in.js';
import { findWritten, type Layer } from './layers.js';

const DEFAULT_ON: WebhookSpec['on'] = ['suite_finished', 'scenario_failed'];
const DEFAULT_TIMEOUT_MS = 10_000;
/** Shorter ones are no secret, and masking them would garble paths. */
const SECRET_PATH_LENGTH = 16;

interface NotificationContext {
  readonly secrets: SecretCollector;
  readonly report: Report;
}

/** Who is told how a run went. What is written with an empty address is switched off. */
export function resolveWebhooks(
  layers: readonly Layer[],
  context: NotificationContext,
): readonly WebhookSpec[] {
  const written = findWritten(layers, WEBHOOK_SETTING);
  if (!written) return [];
  const { value } = written.entry;
  const items: readonly (readonly [YamlNode, readonly PathStep[]])[] =
    value.kind === 'sequence'
      ? value.items.map((item, index) => [item, [...written.path, index]] as const)
      : [[value, written.path]];
  return items.flatMap(([node, path]) => readWebhook(node, path, context) ?? []);
}

function readWebhook(
  node: YamlNode,
  path: readonly PathStep[],
  { secrets, report }: NotificationContext,
): WebhookSpec | undefined {
  if (node.kind === 'sequence' || !reportUnset(node, path, report)) return undefined;
  const section =
    node.kind === 'map'
      ? createSection<WebhookEntry>(node, path, { report, invalid: new Set() })
      : undefined;
  const url = node.kind === 'scalar' ? node.value : section?.get('url');
  // Anything but a text was refused by the schema already.
  if (typeof url !== 'string' || url.trim() === '') return undefined;
  keepSecret(url.trim(), secrets);
  if (!isWebAddress(url.trim())) {
    report({
      severity: 'error',
      at: section ? section.at('url') : locateNode(node),
      path: renderPath(section ? [...path, 'url'] : path),
      message: 'is no address of a webhook',
      hint: 'it begins with https:// or http://',
    });
    return undefined;
  }
  const headers = Object.entries(section?.get('headers') ?? {}).map(
    ([name, value]) => [name, String(value)] as const,
  );
  for (const [name, value] of headers) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      section?.error('headers', `\`${name}\` cannot be sent as a header`);
    }
    if (
      looksSecret(name.replaceAll('-', '_')) ||
      /^(?:proxy-)?authorization$|^cookie$/i.test(name)
    ) {
      // `Bearer …`: the scheme is none.
      for (const part of value.split(/\s+/).filter((each) => each.length >= 8)) secrets.add(part);
    }
  }
  const timeoutMs = parseDuration(section?.get('timeout') ?? NaN) ?? DEFAULT_TIMEOUT_MS;
  if (timeoutMs === 0) section?.error('timeout', 'must be more than 0');
  return {
    url: url.trim(),
    on: section?.get('on') ?? DEFAULT_ON,
    timeoutMs,
    headers: Object.fromEntries(headers),
  };
}

/** Errors of the network may show the address in parts. */
function keepSecret(url: string, secrets: SecretCollector): void {
  secrets.add(url);
  if (!URL.canParse(url)) return;
  const { href, pathname, search, password } = new URL(url);
  secrets.add(href);
  for (const part of [pathname, `${pathname}${search}`, search]) {
    if (part.length >= SECRET_PATH_LENGTH) secrets.add(part);
  }
  secrets.add(password);
}

function isWebAddress(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}
