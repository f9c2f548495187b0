// Formats numbers and names of a decision for a reader: the sentences of the record, and the screen.

import type { EngineUsed, OptionId, Use } from './record.ts'

/** `0.8 µs`, `48 µs`, `3.1 ms`. */
export function timeText(us: number): string {
  if (us >= 9995) return `${Math.round(us / 1000).toLocaleString('en')} ms`
  if (us >= 999.5) return `${(us / 1000).toFixed(1)} ms`
  return us < 9.95 ? `${us.toFixed(1)} µs` : `${Math.round(us)} µs`
}

/** Two digits, three below a factor of ten: `310 B`, `4.1 KB`, `64 KB`. */
export function sizeText(bytes: number): string {
  if (bytes < 999.5) return `${Math.round(bytes)} B`
  const [value, unit] = bytes < 999_500 ? [bytes / 1000, 'KB'] : [bytes / 1_000_000, 'MB']
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${unit}`
}

/** Two significant digits: `320/s`, `5,100/s`, `0.5/s`. */
export const rateText = (perSecond: number): string => `${twoDigits(perSecond)}/s`

/** Two significant digits, in groups of three: `1,200`, `0.00031`. */
export const twoDigits = (value: number): string => value.toLocaleString('en', { maximumSignificantDigits: 2 })

export const percentText = (share: number): string =>
  `${share < 0.0995 ? twoDigits(share * 100) : Math.round(share * 100)} %`

/** `0.081 of a core`, `1 core`, `1.4 cores`. */
export function coresText(cores: number): string {
  const text = twoDigits(cores)
  if (cores < 0.995) return `${text} of a core`
  return `${text} ${text === '1' ? 'core' : 'cores'}`
}

export const engineText = (engine: EngineUsed | null): string => (engine === 'native' ? 'native engine' : 'js engine')

export const placeText = (use: Use): string =>
  ({ inline: 'inline', pool: 'the pool', sidecar: 'the sidecar', 'do nothing': 'do nothing', undecided: 'undecided' })[
    use
  ]

export const labelOf = (id: OptionId, engine: EngineUsed | null, hasZod: boolean): string =>
  ({
    today: hasZod ? 'today: zod, zlib' : 'today: parse, zlib',
    'today-compiled': 'today with z.compile',
    'inline-js': 'inline, js',
    'inline-native': 'inline, native',
    pool: `pool, ${engine ?? 'js'}`,
    sidecar: 'sidecar',
  })[id]
