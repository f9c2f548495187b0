// Values of options that several commands have: numbers, choices, the key of the digest.

import { existsSync, readFileSync } from 'node:fs'
import { type Contract, type PlacementName } from '../model/index.ts'
import { loadContract } from '../contract/index.ts'
import { UsageError } from './command.ts'

/** What `--placement` takes, the usual one first. */
export const placements: readonly PlacementName[] = ['pool', 'inline', 'auto']

/** Throws UsageError for anything but a whole number in the range. */
export function integerOption(
  topic: string,
  name: string,
  text: string | undefined,
  min: number,
  max: number,
): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) return value
  throw new UsageError(topic, `Expected --${name} to be a whole number from ${min} to ${max}, got "${text}"`)
}

/** Throws UsageError for anything but one of the choices. */
export function choiceOption<T extends string>(
  topic: string,
  name: string,
  text: string | undefined,
  choices: readonly T[],
): T | undefined {
  if (text === undefined) return undefined
  const choice = choices.find((value) => value === text)
  if (choice !== undefined) return choice
  throw new UsageError(topic, `Expected --${name} to be one of ${choices.join(', ')}, got "${text}"`)
}

/** The file's bytes as they are, a line break at the end included. */
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

/** The contract of a lock file. Throws UsageError where there is none, and `contract.*` where it is refused. */
export function contractOption(topic: string, path: string): Contract {
  if (!existsSync(path)) throw new UsageError(topic, `There is no file ${path}`)
  return loadContract(path)
}
