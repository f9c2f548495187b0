// Option values that several commands read: numbers, choices, the digest key, the contract.

import { existsSync, readFileSync } from 'node:fs'
import { loadContract } from '../contract/index.ts'
import type { Contract, PlacementName } from '../model/index.ts'
import type { OptionParser } from '../util/option-parsers.ts'
import { UsageError } from './command.ts'

/** What `--placement` takes; the first is the default. */
export const placements: readonly PlacementName[] = ['pool', 'inline', 'auto']

/** The value of `--name`; undefined without the option. Throws UsageError where the parser does not accept it. */
export function optionValue<T>(
  topic: string,
  name: string,
  text: string | undefined,
  parser: OptionParser<T>,
): T | undefined {
  if (text === undefined) return undefined
  const value = parser.text(text)
  if (value !== undefined) return value
  throw new UsageError(topic, `Expected --${name} to be ${parser.expected}, got "${text}"`)
}

/** Reads a digest key: all bytes of the file, a line break at the end included. Throws UsageError. */
export function keyOption(topic: string, path: string | undefined): Uint8Array | undefined {
  if (path === undefined) return undefined
  let key: Uint8Array
  try {
    key = new Uint8Array(readFileSync(path))
  } catch (cause) {
    throw new UsageError(topic, `Cannot read the key ${path}: ${(cause as Error).message}`, { cause })
  }
  if (key.length < 16) throw new UsageError(topic, `The key ${path} has ${key.length} bytes; expected at least 16`)
  return key
}

/** Loads a lock file. Throws UsageError where it is missing, and `contract.*` where it is refused. */
export function contractOption(topic: string, path: string): Contract {
  if (!existsSync(path)) throw new UsageError(topic, `There is no file ${path}`)
  return loadContract(path)
}
