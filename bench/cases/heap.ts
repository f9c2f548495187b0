// `--heap`: the heap that the js engine needs for a byte of the payload, by the shape of its values. A process whose heap limit is
// too low ends, so each measurement is a search for the lowest limit at which a process succeeds.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { worstCase } from '../../src/tables/worst-case.ts'
import { contractIds, heapContract, shapeIds, type ContractId, type ShapeId } from './heap-shapes.ts'
import type { Target } from '../targets.ts'

export interface HeapRow {
  readonly shape: ShapeId
  readonly contract: ContractId
  /** Bytes of heap for a byte of the payload, beside what a process takes in any case; NaN: more than the table says. */
  readonly perByte: number
  /** What the table says. */
  readonly limit: number
}

const mebibyte = 2 ** 20
const payloadBytes = 4 * mebibyte
/** Limits that differ by less are the same. */
const precision = 1.15

export async function heap(onStep: (what: string, done: number) => void): Promise<HeapRow[]> {
  const rows: HeapRow[] = []
  const pairs = contractIds.flatMap((contract) => shapeIds.map((shape) => ({ contract, shape })))
  for (const { contract, shape } of pairs) {
    onStep(`${shape}, ${contract}`, rows.length / pairs.length)
    const { remembers } = heapContract(contract).profile.cost
    const limit = remembers ? worstCase.rememberingHeapPerByte : worstCase.heapPerByte
    // Without the base: what a process takes in any case is far below it.
    const most = (limit * payloadBytes) / mebibyte
    // Below a quarter the exact value does not matter.
    let [low, high] = [most / 4, most]
    let perByte = Number.NaN
    if (await succeeds(shape, contract, most)) {
      while (high / low > precision) {
        const middle = Math.sqrt(low * high)
        if (await succeeds(shape, contract, middle)) high = middle
        else low = middle
      }
      perByte = (high * mebibyte) / payloadBytes
    }
    rows.push({ shape, contract, perByte, limit })
  }
  return rows
}

async function succeeds(shape: ShapeId, contract: ContractId, heapMb: number): Promise<boolean> {
  const file = new URL('./heap-child.js', import.meta.url).pathname
  const args = [`--max-old-space-size=${Math.floor(heapMb)}`, file, shape, contract, String(payloadBytes)]
  const child = spawn(process.execPath, args, { stdio: 'ignore' })
  const [code] = (await once(child, 'close')) as [number | null]
  return code === 0
}

export const heapText = (rows: readonly HeapRow[]): string =>
  [
    `${'values'.padEnd(34)}${'contract'.padEnd(10)}${'heap bytes / byte'.padStart(18)}${'table'.padStart(8)}`,
    ...rows.map(
      ({ shape, contract, perByte, limit }) =>
        `${shape.padEnd(34)}${contract.padEnd(10)}${(Number.isNaN(perByte) ? 'more' : perByte.toFixed(1)).padStart(18)}${String(limit).padStart(8)}`,
    ),
  ].join('\n')

export const heapTargets = (rows: readonly HeapRow[]): Target[] =>
  rows.map(({ shape, contract, perByte, limit }) => ({
    name: `${shape}, contract ${contract}`,
    target: `≤ ${limit} bytes`,
    measured: Number.isNaN(perByte) ? 'more' : perByte.toFixed(1),
    met: perByte <= limit,
  }))
