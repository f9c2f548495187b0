// trainDictionary(): a contract with a zstd dictionary that suits its samples. The native engine has zstd's own trainer.

import { describeDictionary, lockText, parseLock } from '../contract/index.ts'
import { createEngine, nativeDictionary } from '../engine/index.ts'
import { invalidOptions, SidelaneError, type Contract } from '../model/index.ts'
import { readSamples, type SampleCounts, type TrainOptions } from './canonical-samples.ts'

export interface DictionaryTraining extends SampleCounts {
  /** The contract with the dictionary; with none, where the dictionary makes no body smaller. */
  readonly contract: Contract
  /** Every second sample: the dictionary that is measured does not know it. The sizes are sums over these. */
  readonly heldOut: number
  readonly canonicalBytes: number
  readonly plainBytes: number
  readonly dictionaryBytes: number
}

/** Larger ones gain little at a few kilobytes, and each is kept in memory by every engine. */
const maxDictionaryBytes = 16_384
/** Of all samples. One that does not fit in is left out. */
const maxSampleBytes = 4 << 20

/**
 * Trains the dictionary of a contract with zstd. Its id is in its path: bodies and locks that need another one keep it.
 *
 * Throws `options.invalid` as `trainContract` does, and for samples that are too few, and `engine.unavailable` without the
 * native engine.
 */
export function trainDictionary(
  contract: Contract,
  samples: Iterable<unknown>,
  options: TrainOptions = {},
): DictionaryTraining {
  if (contract.lock.compress.codec !== 'zstd') throw invalidOptions('Expected a contract with the codec zstd')
  const texts: Uint8Array[] = []
  let size = 0
  const counts = readSamples(contract, samples, options, (text) => {
    if (size + text.length > maxSampleBytes) return
    texts.push(text)
    size += text.length
  })
  const heldOut = texts.filter((_, index) => index % 2 === 1)
  const measured = dictionaryFor(texts.filter((_, index) => index % 2 === 0))
  const plain = withDictionary(contract, undefined)
  const plainBytes = bodyBytes(plain, heldOut)
  const dictionaryBytes = bodyBytes(withDictionary(contract, measured), heldOut)
  return {
    ...counts,
    contract: dictionaryBytes < plainBytes ? withDictionary(contract, dictionaryFor(texts)) : plain,
    heldOut: heldOut.length,
    canonicalBytes: heldOut.reduce((sum, { length }) => sum + length, 0),
    plainBytes,
    dictionaryBytes,
  }
}

function dictionaryFor(texts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(texts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const text of texts) {
    all.set(text, at)
    at += text.length
  }
  const sizes = Uint32Array.from(texts, ({ length }) => length)
  const trained = nativeDictionary(all, sizes, maxDictionaryBytes)
  if (trained === undefined) {
    throw new SidelaneError('engine.unavailable', { message: 'Training a zstd dictionary needs the native engine.' })
  }
  if (trained === null) throw invalidOptions('Expected more samples: these are too few for a zstd dictionary')
  return trained
}

function withDictionary({ lock, name }: Contract, bytes: Uint8Array | undefined): Contract {
  const { dictionary: _before, ...rest } = lock
  if (bytes === undefined) return parseLock(lockText(rest))
  const { id, sha256 } = describeDictionary('', bytes)
  return parseLock(lockText({ ...rest, dictionary: { id, sha256, path: `${name}-${id}.dict` } }), bytes)
}

/** Of the canonical forms, which are payloads of a contract for any JSON. */
function bodyBytes({ lock, dictionary }: Contract, texts: readonly Uint8Array[]): number {
  const any = parseLock(lockText({ ...lock, schema: {}, digest: 'none' }), dictionary)
  const engine = createEngine('native').compile(any)
  let bytes = 0
  for (const text of texts) {
    const outcome = engine.process(text, false)
    if (outcome.ok) bytes += outcome.outBytes
  }
  engine.dispose()
  return bytes
}
