// Digest keys with both daemons. A daemon has one key per contract, so the conformance suite's test with two keys is skipped.
import { createHmac } from 'node:crypto'
import { createHost } from 'sidelane'
import { describe, expect, test } from 'vitest'
import { daemonKinds, needDaemon } from '../support/daemon.ts'
import { contractOf } from '../support/locks.ts'

const contract = contractOf({}, { name: 'keyed', digest: 'hmac-sha-256' })
const digestKey = Buffer.from('the only key, 22 bytes')

describe.each(daemonKinds)('%s', (daemon) => {
  test('an HMAC digest uses the key of its contract, and a second key is refused', async (context) => {
    needDaemon(daemon, context)
    await using host = await createHost({ placement: 'sidecar', launch: { daemon } })
    const outcome = await host.processor(contract, { digestKey }).process('[1.0]')
    expect(outcome).toMatchObject({ ok: true, digest: createHmac('sha256', digestKey).update('[1]').digest('hex') })
    expect(() => host.processor(contract, { digestKey: new Uint8Array(16) })).toThrow(
      expect.objectContaining({ code: 'options.invalid' }),
    )
  })
})
