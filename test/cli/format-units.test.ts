// Counts, sizes and times for a reader.

import { expect, it } from 'vitest'
import { formatBytes, formatClock, formatCount, formatDuration, formatPlural } from '../../src/cli/format-units.ts'

it('formats counts with separators, and nouns in singular and plural', () => {
  expect([formatCount(12_345.4), formatPlural(1, 'line'), formatPlural(12_345, 'line')]).toEqual([
    '12,345',
    '1 line',
    '12,345 lines',
  ])
})

it.each([
  [512, '512 B'],
  [1024, '1.0 KiB'],
  [1.4 * 2 ** 20, '1.4 MiB'],
  [100 * 2 ** 30, '100 GiB'],
])('formats %d bytes as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

it.each([
  [320, '0.32 s', '0:00'],
  [52_000, '52 s', '0:52'],
  [754_000, '12:34 min', '12:34'],
  [3_723_000, '1:02:03 min', '1:02:03'],
])('formats %d ms as %s and as %s', (ms, duration, clock) => {
  expect([formatDuration(ms), formatClock(ms)]).toEqual([duration, clock])
})
