import { expect, test } from 'vitest'
import { SidelaneError } from '../../src/model/index.ts'
import { readFault, readPayloadFaults, writeFault } from '../../src/bullmq/batch-fault.ts'

test('a fault and those of its payloads are read as they were written', () => {
  const fault = new SidelaneError('overloaded', { message: 'full', params: { queued: 3 } })
  const text = writeFault(fault, [{ index: 2, error: new SidelaneError('internal.panic', { message: 'oh' }) }])
  expect(readFault(text)).toMatchObject({ code: 'overloaded', message: 'full', params: { queued: 3 } })
  expect([...readPayloadFaults(text)]).toEqual([
    [2, expect.objectContaining({ code: 'internal.panic', message: 'oh' })],
  ])
})

const foreign = [
  'null',
  '7',
  '[]',
  'job stalled more than allowable limit',
  '{"code":"overloaded","message":"m","payloads":7}',
  '{"code":"overloaded","message":"m","payloads":{"0":[0,"overloaded","m"]}}',
  '{"code":"overloaded","message":"m","payloads":[null,7,[],["0","overloaded","m"],[0,"nothing","m"],[0,"overloaded",7]]}',
  '{"code":"overloaded","message":"m","params":"p"}',
]

test.each(foreign)('%s, as another writer may store it, gives a fault and none of payloads', (text) => {
  expect(readFault(text)).toBeInstanceOf(SidelaneError)
  expect(readPayloadFaults(text).size).toBe(0)
})
