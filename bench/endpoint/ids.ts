// The ways in which the endpoint of cases/before-after.ts does its work.

/** The first is what a team has today. */
export const ways = ['zod+zlib', 'inline', 'pool', 'sidecar'] as const
export type Way = (typeof ways)[number]
