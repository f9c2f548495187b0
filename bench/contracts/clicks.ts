// A tracking event of about 256 bytes: the lower end of the size series, too small for an order.

import * as z from 'zod'
import { rewrite, type ContractSource, type Texts } from './texts.ts'

export const clicks: ContractSource = {
  name: 'click',
  schema: ({ text }: Texts) =>
    z.strictObject({
      id: z.uuid(),
      kind: z.enum(['view', 'click', 'cart', 'leave']),
      at: z.iso.datetime({ offset: true }),
      tenant: text(['trim', 'lower'], (base) => base.min(1).max(64)),
      path: z.string().max(500),
      x: z.int().min(0),
      y: z.int().min(0),
      dwell: z.number().min(0),
      mobile: z.boolean(),
    }),
  normalize(value) {
    rewrite(value as Record<string, unknown> | undefined, 'tenant', (text) => text.toLowerCase().trim())
  },
}
