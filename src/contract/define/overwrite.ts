// Names the overwrites of a schema (`.trim()`, `.toLowerCase()`, …) and the norm(…) to write instead. zod keeps only a
// function for each, so they are identified by what they do to a few probes.

import type { NormOp } from '../../model/index.ts'
import type { CheckDef } from './context.ts'

interface KnownOverwrite {
  readonly call: string
  readonly op?: NormOp
  readonly like: (text: string) => string
  readonly remark?: string
}

const onlyNfc = 'only NFC is in the profile'

const known: readonly KnownOverwrite[] = [
  { call: '.trim()', op: 'trim', like: (text) => text.trim() },
  { call: '.toLowerCase()', op: 'lower', like: (text) => text.toLowerCase() },
  { call: '.normalize()', op: 'nfc', like: (text) => text.normalize('NFC') },
  { call: ".normalize('NFD')", like: (text) => text.normalize('NFD'), remark: onlyNfc },
  { call: ".normalize('NFKC')", like: (text) => text.normalize('NFKC'), remark: onlyNfc },
  { call: ".normalize('NFKD')", like: (text) => text.normalize('NFKD'), remark: onlyNfc },
  { call: '.toUpperCase()', like: (text) => text.toUpperCase(), remark: 'the profile has `lower` only' },
  {
    call: '.overwrite(collapse white space)',
    op: 'collapse',
    like: (text) => text.replace(/\s+/g, ' '),
  },
]

/** Any two of the known functions differ on at least one probe. */
const probes = ['  Mixed  Case ', 'E\u0301 \u00c9', '\ufb01 \u00bd', 'a\t\nb', 'STRASSE \u00df']

/** One sentence: what would be lost, and the call to write. `text` is the schema's source without the overwrites. */
export function overwriteProblem(overwrites: readonly CheckDef[], text = 'schema'): string {
  const found = overwrites.map((def) => known.find((entry) => behavesLike(def, entry)))
  const calls = found.map((entry) => entry?.call ?? '.overwrite(…)').join('')
  const ops = [...new Set(found.flatMap((entry) => entry?.op ?? []))]
  const remarks = [...new Set(found.flatMap((entry) => entry?.remark ?? []))]
  const advice: string[] = []
  if (ops.length > 0) advice.push(`write norm(${text}, [${ops.map((op) => `'${op}'`).join(', ')}])`)
  if (remarks.length > 0) advice.push(remarks.join('; '))
  if (found.includes(undefined)) advice.push('.overwrite() is code and cannot travel in a lock; do it in the app')
  return `${calls} would be lost in the lock: ${advice.join('; ')}`
}

function behavesLike({ tx }: CheckDef, entry: KnownOverwrite): boolean {
  try {
    return tx !== undefined && probes.every((probe) => tx(probe) === entry.like(probe))
  } catch {
    return false
  }
}
