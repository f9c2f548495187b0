import * as z from 'zod'
import { defineContract, norm } from 'sidelane'

export const order = defineContract({
  name: 'order',
  schema: z.strictObject({
    id: z.int().min(1),
    email: norm(z.email(), ['trim', 'lower']),
    note: z.string().optional(),
  }),
})
