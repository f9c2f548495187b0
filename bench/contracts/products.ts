// A product row: nine cells in a fixed order, as in a shop's export. The rows are not part of the package
// (payloads/sets.ts reads them when SIDELANE_SUITES is set).

import * as z from 'zod'
import { collapse, type ContractSource, type Texts } from './texts.ts'

export const products: ContractSource = {
  name: 'product-row',
  schema: ({ text }: Texts) =>
    z.tuple([
      z.string().regex(/^[A-Z0-9]{10}$/),
      text(['trim', 'collapse'], (base) => base.max(100)),
      text(['trim', 'nfc', 'collapse'], (base) => base.min(1).max(1000)),
      z.string().startsWith('https://').max(500),
      z.string().startsWith('https://').max(500),
      z.number().min(0).max(5).multipleOf(0.1),
      z.string().startsWith('https://').max(500),
      z.int().min(0),
      z.string().max(100),
    ]),
  normalize(value) {
    if (!Array.isArray(value)) return
    const row = value as unknown[]
    if (typeof row[1] === 'string') row[1] = collapse(row[1]).trim()
    if (typeof row[2] === 'string') row[2] = collapse(row[2].normalize('NFC')).trim()
  },
}
