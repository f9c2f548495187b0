// Fault rows about what a client and a daemon take from each other: the longest answers, and callers in other
// languages under kill and takeover. Daemons that break the protocol (F102, F103) are in test/hostile.
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createProcessor, type Outcome, type Processor } from 'sidelane'
import { describe, expect, test } from 'vitest'
import { languages } from '../callers/callers.ts'
import { daemonKinds, needDaemon, startDaemon } from '../support/daemon.ts'
import { comparable, contractOf } from '../support/locks.ts'
import { onCaller } from './caller-kit.ts'
import { freshFolder } from './daemon-kit.ts'

const maxBytes = 300_000
const limits = { maxBytes, maxKeys: 1_000_000 }
const codecs = [
  { codec: 'none' },
  { codec: 'gzip', level: 0 },
  { codec: 'gzip', level: 9 },
  { codec: 'deflate-raw', level: 1 },
  { codec: 'brotli', level: 0 },
  { codec: 'brotli', level: 6 },
]
const contracts = codecs.map((compress, i) => contractOf({}, { name: `c${i}`, limits, compress }))

/** A JSON string of random characters: the canonical form and the body are as long as they can be. */
const incompressible = (bytes: number): string =>
  JSON.stringify(
    randomBytes(bytes)
      .toString('base64')
      .slice(0, bytes - 2),
  )
const list = (item: string, bytes: number): string => {
  const count = Math.floor((bytes - 1) / (item.length + 1))
  return `[${Array.from({ length: count }, () => item).join()}]`
}

const payloads: readonly (readonly [what: string, text: string])[] = [
  ['maxBytes without redundancy', incompressible(maxBytes)],
  ['one byte more', incompressible(maxBytes + 1)],
  ['numbers that are spelled out beyond maxBytes', list('1e20', maxBytes)],
  ['numbers that are spelled out up to maxBytes', list('1e20', Math.floor(maxBytes / 4.5))],
  ['escapes', list('"\\u0000"', maxBytes)],
  ['escapes that become shorter', list('"\\u0041\\/"', maxBytes)],
]

/** Both with canonical bytes and without. */
async function outcomesOf(processor: Processor, text: string): Promise<unknown[]> {
  const outcomes: Outcome[] = [await processor.process(text), await processor.process(text, { canonical: true })]
  return outcomes.map((outcome) => [
    comparable(outcome),
    'canonical' in outcome && Buffer.from(outcome.canonical as Uint8Array).toString('base64'),
  ])
}

describe.each(daemonKinds)('%s', (kind) => {
  test('F100: the longest accepted answers have the outcome of inline', async (context) => {
    needDaemon(kind, context)
    const folder = freshFolder()
    const locks = contracts.flatMap(({ name, lock }) => {
      writeFileSync(join(folder, `${name}.lock.json`), JSON.stringify(lock))
      return ['--contract', join(folder, `${name}.lock.json`)]
    })
    const socket = join(folder, 's.sock')
    const daemon = await startDaemon({ kind, args: ['--socket', socket, ...locks] })
    for (const contract of contracts) {
      await using inline = await createProcessor(contract, { engine: 'js' })
      await using sidecar = await createProcessor(contract, { placement: 'sidecar', socket, deadlineMs: 20_000 })
      await using pool = await createProcessor(contract, {
        placement: 'pool',
        engine: 'js',
        threads: 1,
        deadlineMs: 20_000,
      })
      for (const [what, text] of payloads) {
        const wanted = await outcomesOf(inline, text)
        for (const processor of [sidecar, pool]) {
          expect(await outcomesOf(processor, text), `${JSON.stringify(contract.lock.compress)} ${what}`).toEqual(wanted)
        }
      }
    }
    expect(await daemon.stop()).toBe(0)
  })

  test('F101: the longest rejected answers have the outcome of inline', async (context) => {
    needDaemon(kind, context)
    const folder = freshFolder()
    const values = Array.from({ length: 20_000 }, (_, i) => `value ${i} of a list that is long`)
    const deep = '/'.repeat(128)
    let nested: unknown = { type: 'array', items: { enum: values } }
    for (let depth = 0; depth < 20; depth++) nested = { type: 'object', properties: { [deep]: nested } }
    const contract = contractOf(nested, { name: 'wide', limits: { maxBytes: 10_000 } })
    writeFileSync(join(folder, 'wide.lock.json'), JSON.stringify(contract.lock))
    const socket = join(folder, 's.sock')
    const daemon = await startDaemon({ kind, args: ['--socket', socket, '--contract', folder] })
    await using inline = await createProcessor(contract, { engine: 'js' })
    await using sidecar = await createProcessor(contract, { placement: 'sidecar', socket, deadlineMs: 20_000 })
    const text = `${`{"${deep}":`.repeat(20)}[${'0,'.repeat(40)}0]${'}'.repeat(20)}`
    const wanted = await inline.process(text)
    expect(JSON.stringify(wanted).length).toBeGreaterThan(150_000)
    expect(await sidecar.process(text)).toEqual(wanted)
    expect(await daemon.stop()).toBe(0)
  })

  test.for(languages)(
    'F104: $name under takeovers and kills: a line for each payload, and the last one is answered',
    { timeout: 300_000 },
    (language, context) =>
      onCaller(context, kind, language, async (row, caller) => {
        for (let round = 0; round < 3; round++) {
          caller.send(200)
          await caller.printed(100)
          // In the middle of them another daemon takes the path; the old one answers the requests that it has read.
          const old = row.daemon
          await row.restart('--takeover')
          expect(await old.exited).toBe(0)
          caller.send(100)
          await caller.printed(50)
          await row.kill()
          await row.restart()
        }
      }),
  )
})
