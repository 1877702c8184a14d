import { describe, expect, it } from 'vitest';

import { few, withoutTold } from '../../../../src/report/text/listing.js';

const processes = Array.from({ length: 40 }, (_, index) => `process ${index} (sleep 300)`);

describe('a list of many things', () => {
  it('is told by its first few, those that are no processes before all others', () => {
    const [first, second, third, fourth] = processes;
    expect(few([...processes, 'container engine'])).toEqual([
      ...['container engine', first, second, third, fourth],
      'and 36 more',
    ]);
    expect(few(processes.slice(0, 6))).toEqual(processes.slice(0, 6));
  });

  it('does not repeat processes that another node, on the same machine, has told', () => {
    const told = new Set<string>();
    const all = [...processes, 'folder /opt/inference/run'];
    expect(withoutTold(all, told)).toEqual(all);
    expect(withoutTold([...all, 'process 41 (true)'], told)).toEqual([
      'folder /opt/inference/run',
      'process 41 (true)',
    ]);
  });
});
