// Bodies of HTTP requests while they arrive.
import { describe, expect, test } from 'vitest'
import { RequestBody } from '../../src/server/http/body.ts'
import type { LoadedContract } from '../../src/server/contracts.ts'
import { lock, serve, unlocked } from './kit.ts'

describe('a body whose size is not known', () => {
  const small = lock('small', { limits: { maxBytes: 1000 } })

  test('is copied, so its chunks may be overwritten', async () => {
    const { service } = await serve([unlocked(small)])
    const body = new RequestBody(service.queue, service.contracts.list[0] as LoadedContract, 'chunked')
    const piece = Buffer.alloc(3)
    let text = ''
    for (let i = 100; i < 400; i++) {
      piece.write(`${i}`)
      body.add(piece)
      text += `${i}`
    }
    expect([body.reserved, service.gauges.queuedBytes]).toEqual([900, 900])
    expect(Buffer.from(body.take()).toString()).toBe(text)
    body.release()
    expect(service.gauges.queuedBytes).toBe(0)
  })

  test('releases its reservation when it is too long', async () => {
    const { service } = await serve([unlocked(small)])
    const body = new RequestBody(service.queue, service.contracts.list[0] as LoadedContract, 'chunked')
    for (let i = 0; i < 1001; i++) body.add(Buffer.of(0x20))
    expect(body.refusal).toBe('too long')
    expect(service.gauges.queuedBytes).toBe(0)
  })
})
