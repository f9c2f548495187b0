// app/orders/route.js of a Next app. Leave sidelane out of the bundle, for its native engine and its workers:
// `serverExternalPackages: ['sidelane']` in next.config.js.
import { createProcessor } from 'sidelane'
import { receive } from 'sidelane/fetch'
import { order } from '../order.contract.js'

// Ends with the process: a pool that is idle does not keep it alive.
const pool = await createProcessor(order, { placement: 'pool' })

export async function POST(request) {
  const outcome = await receive(pool, request)
  if (outcome instanceof Response) return outcome
  const { body, codec, digest } = outcome // Store the compressed bytes …
  return Response.json({ digest, codec, bytes: body.length }, { status: 201 })
}
