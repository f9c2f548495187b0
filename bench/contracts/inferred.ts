// A contract for payloads without a lock: inferred from the payloads themselves, for this run only.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import process from 'node:process'
import { inferContract } from 'sidelane/infer'

export interface InferredLock {
  readonly lockFile: string
  /** The payloads that a contract can accept: strict JSON. */
  readonly payloads: readonly Buffer[]
  /** A remark for the report: the contract is inferred, and how to write one. */
  readonly note: string
}

/** The lock lives in a temporary folder until the process ends: worker threads read it too. */
export function inferLock(file: string, payloads: readonly Buffer[]): InferredLock {
  const bad = new Set<number>()
  const onSkipped = ({ index }: { readonly index: number }): void => void bad.add(index)
  const { contract, samples } = inferContract(payloads, { name: 'yours', origin: basename(file), onSkipped })
  const folder = mkdtempSync(join(tmpdir(), 'sidelane-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const lockFile = join(folder, 'yours.lock.json')
  writeFileSync(lockFile, JSON.stringify(contract.lock))
  return { lockFile, payloads: payloads.filter((_, index) => !bad.has(index)), note: noteOf(file, samples, bad.size) }
}

const noteOf = (file: string, samples: number, bad: number): string =>
  [
    `No --contract was given: this run validates against a draft, inferred from ${samples} payload${samples === 1 ? '' : 's'} of ${file}.`,
    ...(bad === 0 ? [] : [`${bad} more are no strict JSON and take no part.`]),
    'It is a guess, and normalizes nothing. To write it out, review it and measure under your own:',
    `  npx sidelane contract infer ${file} -o yours.contract.js`,
    '  npx sidelane contract export yours.contract.js -o yours.lock.json',
    `  npm run bench -- --payloads ${file} --contract yours.lock.json`,
  ].join('\n')
