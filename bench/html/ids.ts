// The contenders that pictures show, and their colors. Tables have all of them.

import type { ColorName } from '../../src/report/index.ts'

const shown: Readonly<Record<string, ColorName>> = {
  'zod+zlib': 'today',
  'zod-compiled+zlib': 'compiled',
  'inline-js': 'js',
  'inline-native': 'native',
  'pool-native': 'pool',
  'sidecar-rust': 'sidecar',
}

export const isShown = (id: string): boolean => id in shown

/** Other peers look like today's way. */
export function colorOf(id: string): ColorName {
  const known = shown[id]
  if (known !== undefined) return known
  if (id.startsWith('pool')) return 'pool'
  if (id.startsWith('sidecar')) return 'sidecar'
  if (id.startsWith('inline')) return id.includes('native') ? 'native' : 'js'
  return id.includes('compiled') || id.startsWith('typebox') || id.startsWith('ajv') ? 'compiled' : 'today'
}

/** Contenders in the order of a result, each once. */
export const idsOf = (rows: readonly { readonly id: string }[]): string[] => [...new Set(rows.map(({ id }) => id))]
