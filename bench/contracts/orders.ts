// The order event, as zod source: the contract that the speed targets refer to. Its payloads come from
// payloads/orders.ts.

import * as z from 'zod'
import { child, rewrite, tidyName, type ContractSource, type Texts } from './texts.ts'

export const orders: ContractSource = {
  name: 'order',
  schema,
  normalize(value) {
    const order = value as Record<string, unknown> | undefined
    if (typeof order !== 'object' || order === null) return
    rewrite(order, 'tenant', (text) => text.toLowerCase().trim())
    const customer = child(order, 'customer')
    rewrite(customer, 'email', (text) => text.toLowerCase().trim())
    rewrite(customer, 'name', tidyName)
    rewrite(child(order, 'shipping'), 'name', tidyName)
    rewrite(child(order, 'billing'), 'name', tidyName)
  },
}

function schema({ text, email }: Texts): z.ZodType {
  const name = text(['trim', 'nfc', 'collapse'], (base) => base.min(1).max(120))
  const address = z.strictObject({
    name,
    street: z.string().max(200),
    city: z.string().max(100),
    zip: z.string().max(12),
    country: z.string().min(2).max(2),
  })
  const line = z.strictObject({
    sku: z
      .string()
      .min(3)
      .max(40)
      .regex(/^[A-Z0-9-]+$/),
    title: z.string().min(1).max(200),
    qty: z.int().min(1).max(9999),
    unit: z.strictObject({ amount: z.int().min(0), currency: z.enum(['EUR', 'USD', 'GBP']) }),
    tags: z.array(z.string().max(32)).max(16).optional(),
    attrs: z.record(z.string().max(64), z.union([z.string(), z.number(), z.boolean()])).optional(),
  })
  return z.strictObject({
    id: z.uuid(),
    type: z.literal('order.created'),
    version: z.literal(1),
    occurredAt: z.iso.datetime({ offset: true }),
    tenant: text(['trim', 'lower'], (base) => base.min(1).max(64)),
    customer: z.strictObject({
      id: z.uuid(),
      email: email(['trim', 'lower']),
      name: text(['trim', 'nfc', 'collapse'], (base) => base).nullable(),
      phone: z.e164().optional(),
    }),
    shipping: address,
    billing: address.nullable(),
    lines: z.array(line).min(1).max(200),
    payment: z.discriminatedUnion('method', [
      z.strictObject({
        method: z.literal('card'),
        last4: z.string().regex(/^\d{4}$/),
        brand: z.enum(['visa', 'mc', 'amex']),
      }),
      z.strictObject({ method: z.literal('sepa'), iban: z.string().min(15).max(34) }),
      z.strictObject({ method: z.literal('invoice'), dueDays: z.int().min(0).max(120) }),
    ]),
    discount: z.number().min(0).max(1).multipleOf(0.01),
    note: z.string().max(2000).optional(),
    meta: z.record(z.string(), z.string()).optional(),
  })
}
