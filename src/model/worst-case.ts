// What the payloads of a contract cost at most: the heap that the js engine needs, and the time. Known from the contract, so
// that a heap limit and a watchdog follow from what is admitted and not from what is usual.

import { worstCase as table } from '../tables/worst-case.ts'
import { SidelaneError } from './errors.ts'
import type { Profile } from './contract.ts'

const mebibyte = 2 ** 20

const heapPerByte = ({ cost }: Profile): number => (cost.remembers ? table.rememberingHeapPerByte : table.heapPerByte)

/** Heap that a thread needs for one payload of the largest size in the js engine, in MiB. */
export const jsHeapMb = (profile: Profile): number =>
  Math.ceil((table.baseHeapBytes + heapPerByte(profile) * profile.limits.maxBytes) / mebibyte)

/** Heap that compiled contracts take, in MiB, by the size of their locks together. */
export const contractsHeapMb = (lockBytes: number): number => Math.ceil((lockBytes * table.heapPerLockByte) / mebibyte)

/** The longest that a payload of `bytes` takes, in ms. */
export const longestMs = ({ cost, limits }: Profile, bytes: number): number =>
  (bytes * (table.usPerByte + (table.usPerStep * cost.steps) / limits.maxBytes)) / 1000

/** Throws `engine.unavailable` when a heap of `haveMb` is too small for the payloads of a contract in the js engine. */
export function requireHeap(profile: Profile, haveMb: number): void {
  if (haveMb < jsHeapMb(profile)) throw heapFault(profile, haveMb)
}

/** The fault of a thread whose heap limit is too low for the payloads of a contract. */
export function heapFault(profile: Profile, haveMb: number): SidelaneError {
  const needMb = jsHeapMb(profile)
  const { maxBytes } = profile.limits
  const fits = Math.floor((haveMb * mebibyte - table.baseHeapBytes) / heapPerByte(profile))
  const smaller = fits > 0 ? `, or limits.maxBytes of ${fits} or less` : ''
  return new SidelaneError('engine.unavailable', {
    message:
      `The js engine needs a heap of ${needMb} MiB for the payloads of ${maxBytes} bytes that the contract admits, and a thread ` +
      `has ${Math.floor(haveMb)} MiB. It fits with --max-old-space-size=${needMb}${smaller}.`,
    params: { needMb, haveMb: Math.floor(haveMb), maxBytes: Math.max(0, fits) },
  })
}
