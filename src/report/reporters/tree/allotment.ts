/** The parts of a picture, from top to bottom. */
export const PARTS = [
  'title',
  'done',
  'phase',
  'services',
  'output',
  'failures',
  'todo',
  'next',
  'gap',
  'footer',
] as const;
export type Part = (typeof PARTS)[number];

/** What gives way on a small terminal, in this order: a part and the lines it may keep. */
const CONCESSIONS: readonly (readonly [Part, number])[] = [
  ['gap', 0],
  ['output', 3],
  ['done', 1],
  ['failures', 5],
  ['services', 6],
  ['next', 0],
  ['todo', 0],
  ['output', 1],
  ['services', 3],
  ['failures', 2],
  ['done', 0],
  ['services', 1],
  ['failures', 1],
  ['output', 0],
  ['services', 0],
  ['footer', 0],
  ['failures', 0],
];

/** What a part has to show. */
export interface PartContent {
  /** How many lines it would like to have. */
  readonly wanted: number;
  /** At most so many lines. */
  readonly render: (limit: number) => string[];
}

export type Parts = Readonly<Record<Part, PartContent>>;

/** How many lines each part gets, so that all of them fit. */
export function allot(parts: Parts, height: number): Record<Part, number> {
  const room = Object.fromEntries(PARTS.map((part) => [part, parts[part].wanted])) as Record<
    Part,
    number
  >;
  let excess = Object.values(room).reduce((sum, lines) => sum + lines, 0) - height;
  for (const [part, kept] of CONCESSIONS) {
    if (excess <= 0) break;
    const given = Math.min(excess, Math.max(0, room[part] - kept));
    room[part] -= given;
    excess -= given;
  }
  return room;
}
