// A contract from a schema that another format was turned into: the options that all such formats share, and the way
// through the lock's parser, which every contract takes.

import { stringifyWithBigints } from '../json/index.ts'
import {
  isObject,
  rule,
  type Codec,
  type Contract,
  type DigestName,
  type Limits,
  type LockDocument,
  type Rule,
} from '../model/index.ts'
import { isBytes } from '../util/typed-array.ts'
import { describeDictionary } from './dictionary.ts'
import { parseLock } from './lock/parse-lock.ts'

/** The parts of a contract beside its schema. */
export interface LockOptions {
  /** `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`. */
  readonly name: string
  /**
   * `double` reads integers beyond 2^53 - 1 as the nearest double, `int64` keeps the digits of 64-bit integers. Default
   * `safe`: they are rejected.
   */
  readonly numbers?: LockDocument['numbers'] | undefined
  /** Defaults: 1,048,576 bytes, depth 64, 10,000 keys. */
  readonly limits?: { readonly [K in keyof Limits]?: Limits[K] | undefined } | undefined
  /** Default: gzip, level 1. */
  readonly compress?: { readonly codec: Codec; readonly level?: number | undefined } | undefined
  /**
   * With zstd: 1 to 1,048,576 bytes of typical payload content. The lock stores their hash and `path`, where
   * `loadContract` reads them: below the lock's folder, "/" between names.
   */
  readonly dictionary?: { readonly path: string; readonly bytes: Uint8Array } | undefined
  /** Of the canonical bytes. Default `sha-256`. */
  readonly digest?: DigestName | undefined
}

/** Checked by the parser of the lock. */
const inLock = rule('', () => true)

export const lockRules: Readonly<Record<keyof LockOptions, Rule>> = {
  name: inLock,
  numbers: inLock,
  limits: inLock,
  compress: inLock,
  dictionary: rule('{ path, bytes }, with bytes as a Uint8Array', (value) => {
    return isObject(value) && isBytes((value as { readonly bytes?: unknown }).bytes)
  }),
  digest: inLock,
}

/** The contract of the schema. Throws as `parseContract` does, with pointers into the lock. */
export function parseDraft<In, Out>(
  { dictionary, ...fields }: LockOptions,
  schema: object,
  appOnly: readonly string[] = [],
): Contract<In, Out> {
  const lock = {
    profile: 'p1',
    unicode: '15.0',
    ...fields,
    schema,
    dictionary: dictionary && describeDictionary(dictionary.path, dictionary.bytes),
    appOnly: appOnly.length === 0 ? undefined : appOnly,
  }
  return parseLock<In, Out>(stringifyWithBigints(lock), dictionary?.bytes)
}

/** Most causes in one message. */
const maxListed = 20

/** The message of a refusal: one line for a cause, however often it occurs. `placesText`: where it occurs. */
export function refusalText(
  problems: readonly { readonly place: string; readonly problem: string }[],
  placesText: (places: readonly string[]) => string,
): string {
  const places = new Map<string, string[]>()
  for (const { place, problem } of problems) places.set(problem, [...(places.get(problem) ?? []), place])
  const lines = [...places].slice(0, maxListed).map(([problem, where]) => `  ${placesText(where)}: ${problem}`)
  if (places.size > maxListed) lines.push(`  … and ${places.size - maxListed} more`)
  return `The schema cannot become a contract as it is:\n${lines.join('\n')}`
}
