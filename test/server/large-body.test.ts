// A body that is larger than the bound of all bodies together, in both daemons.
import { createProcessor } from 'sidelane'
import { expect, onTestFinished, test } from 'vitest'
import { daemonKinds, needDaemon, socketFolder, startDaemon } from '../support/daemon.ts'
import { contractOf } from '../support/locks.ts'

const file = socketFolder()
const contract = contractOf({}, { name: 'any', limits: { maxBytes: 4_194_304 } })
const lock = file('any.lock.json', contract.lock)

test.for(daemonKinds)('%s admits it where no other is held, so that a stream ends', async (kind, context) => {
  needDaemon(kind, context)
  const socket = file(`${kind}.sock`)
  await startDaemon({ kind, args: ['--socket', socket, '--contract', lock, '--max-bytes', '1048576'] })
  const processor = await createProcessor(contract, { placement: 'sidecar', socket, deadlineMs: 20_000 })
  onTestFinished(() => processor.destroy())
  const large = JSON.stringify('x'.repeat(2_000_000))
  const verdicts: boolean[] = []
  for await (const { ok } of processor.stream(['1', large, '2', large, large])) verdicts.push(ok)
  expect(verdicts).toEqual([true, true, true, true, true])
})
