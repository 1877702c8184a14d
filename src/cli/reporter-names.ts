export const REPORTERS = ['auto', 'tree', 'plain', 'json', 'silent'] as const;
export type ReporterName = (typeof REPORTERS)[number];
