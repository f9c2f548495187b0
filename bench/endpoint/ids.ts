// The four ways of the endpoint in cases/before-after.ts.

/** The first is the app of today. */
export const ways = ['zod+zlib', 'inline', 'pool', 'sidecar'] as const
export type Way = (typeof ways)[number]
