// Says what a file is that was given in place of a lock, and the command that makes a lock of it. Only for the message: the
// file has been refused already.

import { closeSync, readdirSync, readSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { openRegularFileSync } from '../../runtime/regular-file.ts'
import { isCompressed } from './decode-input.ts'

/** Enough for the first lines of any file; a longer first line is not looked at. */
const startBytes = 262_144
const moduleExtensions = new Set(['.js', '.mjs', '.cjs', '.jsx', '.ts', '.mts', '.cts', '.tsx'])
const lockSuffix = '.lock.json'

/** A sentence without a full stop, or undefined for a file that may be meant as a lock, and for one that cannot be read. */
export function explainNoLock(file: string): string | undefined {
  const start = readStart(file)
  if (start === undefined) return undefined
  const name = nameOf(file)
  const inferred = `sidelane contract infer ${file} -o ${name}.contract.js, then sidelane contract export`
  switch (kindOf(file, start)) {
    case 'module':
      return `${file} is a module, not a lock; write its lock with: sidelane contract export ${file} -o ${name}${lockSuffix}`
    case 'schema':
      return `${file} is a JSON Schema, not a lock; make one with: sidelane contract import ${file} -o ${name}${lockSuffix} --name ${name}`
    case 'payloads':
      return `${file} is a file of payloads, not a lock; make one with: ${inferred}`
    case 'json':
      return `${file} is JSON, but not a lock; if it is a payload, make a lock with: ${inferred}`
    case 'results':
      return `${file} holds results of sidelane process, not a lock; its --contract was the lock`
    case 'compressed':
      return `${file} is compressed, and a lock is not; decompress it first`
    case 'utf-16':
      return `${file} is UTF-16, and a lock is UTF-8; in PowerShell write it with -o FILE instead of >`
    case 'empty':
      return `${file} is empty, not a lock`
    case 'yaml':
      return `${file} is YAML, not a lock; convert a schema to JSON, then: sidelane contract import`
    default:
      return undefined
  }
}

/** The locks in a directory, for a path that names it or a file that is not in it: `; … has a.lock.json`, or nothing. */
export function locksNear(path: string, isDirectory: boolean): string {
  const directory = isDirectory ? path : dirname(path)
  let names: string[]
  try {
    names = readdirSync(directory)
  } catch {
    return ''
  }
  const locks = names.filter((name) => name.endsWith(lockSuffix)).sort()
  if (locks.length === 0) return ''
  const more = locks.length > maxNames ? ` and ${locks.length - maxNames} more` : ''
  const shown = locks.slice(0, maxNames).map((name) => join(directory, name))
  return `; did you mean ${shown.join(', ')}${more}?`
}

const maxNames = 3

type Kind =
  | 'module'
  | 'schema'
  | 'payloads'
  | 'json'
  | 'results'
  | 'compressed'
  | 'utf-16'
  | 'empty'
  | 'yaml'
  | 'unknown'

function kindOf(file: string, start: Uint8Array): Kind {
  if (moduleExtensions.has(extname(file))) return 'module'
  if (isCompressed(start)) return 'compressed'
  if ((start[0] === 0xff && start[1] === 0xfe) || (start[0] === 0xfe && start[1] === 0xff)) return 'utf-16'
  const text = Buffer.from(start)
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart()
  if (text === '') return start.length < startBytes ? 'empty' : 'unknown'
  const whole = start.length < startBytes ? parsed(text) : undefined
  if (whole !== undefined) return kindOfJson(whole, 'json')
  const end = text.indexOf('\n')
  const first = end < 0 ? undefined : parsed(text.slice(0, end))
  if (first !== undefined && typeof first === 'object') return kindOfJson(first, 'payloads')
  // An array that is longer than what was read, or is on several lines.
  if (text.startsWith('[')) return 'payloads'
  return /\.ya?ml$/.test(file) ? 'yaml' : 'unknown'
}

function kindOfJson(value: unknown, other: 'json' | 'payloads'): Kind {
  if (Array.isArray(value)) return 'payloads'
  if (typeof value !== 'object' || value === null) return other
  const has = (key: string): boolean => Object.hasOwn(value, key)
  // A lock with a defect: the error that refused it says more.
  if (['profile', 'unicode', 'schema'].some(has)) return 'unknown'
  if (has('digest') && has('codec') && has('outBytes')) return 'results'
  if (['$schema', 'openapi', '$defs', 'properties', 'anyOf', 'oneOf', 'allOf'].some(has)) return 'schema'
  return other
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function readStart(file: string): Uint8Array | undefined {
  try {
    const descriptor = openRegularFileSync(file, 'lock')
    try {
      const bytes = new Uint8Array(startBytes)
      return bytes.subarray(0, readSync(descriptor, bytes))
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return undefined
  }
}

/** The file's name as the name of a contract. */
const nameOf = (file: string): string =>
  basename(file)
    .replace(/\..*$/, '')
    .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '') || 'payload'
