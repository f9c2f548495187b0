// The permission model of Deno: which flag an error asks for.

/** Deno was started without a permission; the message names its flag. */
export const isDenied = (error: unknown): error is Error => (error as Partial<Error> | undefined)?.name === 'NotCapable'

/** Such as `--allow-read`; undefined: the error has another cause. */
export const deniedFlag = (error: unknown): string | undefined =>
  isDenied(error) ? (/--allow-[a-z]+/.exec(error.message)?.[0] ?? 'another permission') : undefined
