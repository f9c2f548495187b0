// The fast path: bytes to canonical text for payloads that are surely fine, by V8's own parser and writer with the
// contract's functions (rebuild.ts) between them. It never rejects: on any doubt it answers undefined.

import type { Profile } from '../../model/index.ts'
import { mayEscapeKey } from '../../json/index.ts'
import { decodeUtf8, indexOfAscii, isUtf8 } from '#runtime'
import { canonicalOf } from './canonical.ts'
import { canGenerate, evaluate } from './codegen.ts'
import { RebuildCompiler, type RebuildOptions, type Walk } from './fast-walker.ts'
import { countMembers } from './count-members.ts'

/** The canonical text, or undefined: ask classify.ts. */
export type FastPath = (payload: Uint8Array) => string | undefined

/** Compiles the fast path of one contract. */
export function compileFastPath(profile: Profile, options: RebuildOptions = { generate: canGenerate() }): FastPath {
  const walk: Walk = { keys: 0, explicit: false }
  const { root, inheritable } = new RebuildCompiler(profile, walk, options)
  const { maxBytes, maxDepth } = profile.limits
  const isPolluted = compileProbe(inheritable, options)
  return (payload) => {
    if (payload.length > maxBytes || !isUtf8(payload) || isPolluted()) return undefined
    const members = countMembers(payload, maxDepth)
    if (members < 0) return undefined
    walk.keys = 0
    walk.explicit = false
    let text: string
    try {
      const rebuilt = root(JSON.parse(decodeUtf8(payload)))
      if (rebuilt === undefined || walk.keys !== members) return undefined
      text = canonicalOf(rebuilt, walk.explicit)
    } catch {
      // A syntax error, a byte order mark, or a stack overflow in a contract of nothing but references.
      return undefined
    }
    return mayHoldLoneSurrogate(payload, text) || mayHoldWrongKey(text) ? undefined : text
  }
}

/**
 * In valid UTF-8 a surrogate can only come from an escape. V8 writes a lone one as `\udXXX`, which canonical text holds
 * otherwise only behind an escaped backslash.
 */
const mayHoldLoneSurrogate = (payload: Uint8Array, canonical: string): boolean =>
  indexOfAscii(payload, '\\u') >= 0 && canonical.includes('\\ud')

/**
 * The JSON.parse of Node 24 and 26 takes a key that is written with an escape for one that holds a backslash, once it has
 * seen that one (https://github.com/nodejs/node/issues/63785). Every key of the payload is in the canonical text.
 */
const mayHoldWrongKey = (canonical: string): boolean => canonical.includes('\\\\') && mayEscapeKey(canonical)

/** True when somebody put one of the names, or the toJSON that JSON.stringify would call, on a built-in prototype. */
function compileProbe(names: ReadonlySet<string>, options: RebuildOptions): () => boolean {
  if (!options.generate) return () => 'toJSON' in Array.prototype
  const tests = [...[...names].map((name) => `${JSON.stringify(name)} in object`), '"toJSON" in array']
  const constants = { object: Object.prototype, array: Array.prototype }
  return evaluate(constants, `return () => ${tests.join(' || ')}`) as () => boolean
}
