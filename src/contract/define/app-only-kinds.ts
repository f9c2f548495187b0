/**
 * `refine`: .refine() and .superRefine(), .check() with a function. `transform`: all that turns one value into another,
 * and everything behind it. `custom`: z.custom() and z.instanceof().
 */
export const appOnlyKinds = ['refine', 'transform', 'custom'] as const
export type AppOnlyKind = (typeof appOnlyKinds)[number]
