import { describe, expect, it } from 'vitest';

import { selectNodes } from '../../../src/plan/node-selection.js';
import { nodeSpec } from '../../support/specs.js';

const nodes = [
  nodeSpec({ name: 'node1', labels: { gpu: 'h20', rack: 'a' } }),
  nodeSpec({ name: 'node2', labels: { gpu: 'h100' } }),
  nodeSpec({ name: 'router.1' }),
  nodeSpec({ name: 'spare', enabled: false, labels: { gpu: 'h20' } }),
];

function pick(pattern: string | null) {
  const { selected, unmatched } = selectNodes(nodes, pattern);
  return { names: selected.map(({ name }) => name), unmatched };
}

describe('a pattern of nodes', () => {
  it.each<[string | null, readonly string[]]>([
    [null, ['node1', 'node2', 'router.1']],
    ['', ['node1', 'node2', 'router.1']],
    ['node2,node1', ['node1', 'node2']],
    ['node*', ['node1', 'node2']],
    ['node?', ['node1', 'node2']],
    ['router.*', ['router.1']],
    ['*', ['node1', 'node2', 'router.1']],
    ['gpu=h20', ['node1']],
    ['gpu=h*', ['node1', 'node2']],
    ['gpu=h*,!node2', ['node1']],
    ['!gpu=h100', ['node1', 'router.1']],
    ['spare', ['spare']],
    [' node1 , node1 ', ['node1']],
  ])('%s picks %j', (pattern, names) => {
    expect(pick(pattern)).toEqual({ names, unmatched: [] });
  });

  it.each(['nod1', 'gpu=b200', '!nobody', 'sp*', 'router?1?'])('%s matches nothing', (part) => {
    expect(pick(`node1,${part}`).unmatched).toEqual([part.replace('!', '')]);
  });
});
