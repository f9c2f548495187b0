// The digest key of a contract in both daemons: the conformance suite asks for two keys at once, and a daemon has one.
import { createHmac } from 'node:crypto'
import { createHost } from 'sidelane'
import { describe, expect, test } from 'vitest'
import { daemonKinds, needDaemon } from '../support/daemon.ts'
import { contractOf } from '../support/locks.ts'

const contract = contractOf({}, { name: 'keyed', digest: 'hmac-sha-256' })
const digestKey = Buffer.from('the only key, 22 bytes')

describe.each(daemonKinds)('%s', (daemon) => {
  test('an HMAC digest uses the key of its contract, and another key beside it is refused', async (context) => {
    needDaemon(daemon, context)
    await using host = await createHost({ placement: 'sidecar', launch: { daemon } })
    const outcome = await host.processor(contract, { digestKey }).process('[1.0]')
    expect(outcome).toMatchObject({ ok: true, digest: createHmac('sha256', digestKey).update('[1]').digest('hex') })
    expect(() => host.processor(contract, { digestKey: new Uint8Array(16) })).toThrow(
      expect.objectContaining({ code: 'options.invalid' }),
    )
  })
})
