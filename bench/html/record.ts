// Dated records of the full benchmark, in bench/record: one line of JSON for each member, so that a change is readable.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FullResult } from './result.ts'

// Works from build/bench/html and from bench/html: records are not copied to build.
const up = import.meta.url.includes('/build/bench/') ? '../../../bench/record/' : '../record/'
const recordFolder: string = fileURLToPath(new URL(up, import.meta.url))

const dated = /^bench-\d{4}-\d{2}-\d{2}\.json$/

/** Writes the record of the day, and returns its path. A second one of the same day replaces the first. */
export function writeRecord(result: FullResult, folder: string = recordFolder): string {
  const path = join(folder, `bench-${result.at.slice(0, 10)}.json`)
  writeFileSync(path, recordText(result))
  return path
}

/** Numbers have four digits: noise is larger. Rows have a line each. */
function recordText(result: FullResult): string {
  const write = (value: unknown): string =>
    JSON.stringify(value, (_key, member: unknown) => (typeof member === 'number' ? rounded(member) : member))
  const members = Object.entries(result).filter(([, value]) => value !== undefined)
  const lines = members.map(([key, value]) => {
    if (!Array.isArray(value) || value.length === 0) return `${JSON.stringify(key)}: ${write(value)}`
    return `${JSON.stringify(key)}: [\n${value.map((row) => `  ${write(row)}`).join(',\n')}\n]`
  })
  return `{\n${lines.join(',\n')}\n}\n`
}

const rounded = (value: number): number => (Number.isInteger(value) ? value : Number(value.toPrecision(4)))

/** The newest record, and the name of its file. */
export function newestRecord(folder: string = recordFolder): { readonly name: string; readonly result: FullResult } {
  const name = readdirSync(folder)
    .filter((file) => dated.test(file))
    .toSorted()
    .at(-1)
  if (name === undefined) throw new Error(`${folder} has no record: npm run bench:record`)
  return { name, result: JSON.parse(readFileSync(join(folder, name), 'utf8')) as FullResult }
}
