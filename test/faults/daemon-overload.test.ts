// Overload, deadlines and cancellation with a daemon.
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { kinds } from '../../src/wire/index.ts'
import { ask, daemonKinds } from '../support/daemon.ts'
import { stopProcess } from '../support/processes.ts'
import { frame, RawClient, request, type Frame } from '../server/raw-client.ts'
import { mix, onDaemon, raw, sampleOf, slow } from './daemon-kit.ts'
import { expectThroughput } from './flood.ts'

/** A payload of the slow contract. */
const heavy = JSON.stringify(Array.from({ length: 500 }, (_, i) => Math.sin(i)))
/** One worker, so that counts do not depend on the machine. */
const patient = ['--threads', '1', '--max-in-flight', '65535']

const codeOf = ({ kind, text }: Frame): string =>
  kind === kinds.accepted ? 'accepted' : (text?.code ?? `kind ${kind}`)

function tally(codes: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1
  return counts
}

describe.each(daemonKinds)('%s', (kind) => {
  test.for([1.5, 3, 10])('F22: at %d times its capacity the daemon keeps its throughput', async (times, context) => {
    await onDaemon(context, kind, ({ trial }) => expectThroughput(trial, times, 8), {
      args: ['--max-queue-ms', '20'],
      maxQueue: 64,
      maxQueueMs: 50,
      deadlineMs: 1000,
    })
  })

  test('F23: of a burst of 10 times the queue bound, the bound is accepted', async (context) => {
    await onDaemon(
      context,
      kind,
      async (row) => {
        const client = await RawClient.afterHello(row.socket, raw)
        await stopProcess(row.daemon.child)
        client.send(...Array.from({ length: 1000 }, (_, i) => request(i + 1, `[${i}]`)))
        await turn()
        row.daemon.child.kill('SIGCONT')
        const frames = await client.frames(1000)
        const { accepted = 0, overloaded = 0 } = tally(frames.map(codeOf))
        expect(accepted + overloaded).toBe(1000)
        // More are accepted when the worker runs between two reads.
        expect(accepted).toBeGreaterThanOrEqual(100)
        expect(overloaded).toBeGreaterThan(0)
        const refused = frames.find((one) => codeOf(one) === 'overloaded')
        expect(refused?.text?.retryAfterMs).toBeGreaterThanOrEqual(1)
        expect(sampleOf(await row.metrics(), 'sidelane_sheds_total{reason="queue"}')).toBe(overloaded)
        client.socket.end()
        await client.closed
      },
      { args: [...patient, '--max-queue', '100'], kills: false },
    )
  })

  test('F23: the client refuses calls at once when its own queue and the in-flight limit of the daemon are full', async (context) => {
    await onDaemon(
      context,
      kind,
      async (row) => {
        const calls = row.trial.offerAll(mix(5000))
        const { queued, inFlight, shed } = row.processor.stats()
        expect(queued).toBeLessThanOrEqual(100)
        expect(inFlight + shed).toBe(5000)
        const endings = await calls
        expect(tally(endings.map(({ code }) => code))['overloaded']).toBeGreaterThanOrEqual(shed)
      },
      { maxQueue: 100, args: patient },
    )
  })

  test('F24: invalid deadlines are refused in the client, in HTTP and in frames', async (context) => {
    await onDaemon(context, kind, async (row) => {
      for (const deadlineMs of [0, -1, 0.5, Number.NaN, 60_001, 2 ** 31, Number.POSITIVE_INFINITY, '100']) {
        expect((await row.trial.offer('[1]', { deadlineMs: deadlineMs as number })).code).toBe('options.invalid')
      }
      const status = async (deadline: string): Promise<number> =>
        (
          await ask(row.socket, '/v1/contracts/raw/process', {
            body: '[1]',
            headers: { 'Sidelane-Deadline-Ms': deadline },
          })
        ).status
      for (const wrong of ['0', '-1', '0.5', 'NaN', '60001', '2147483648', 'Infinity', '1e3', '', '0x10']) {
        expect(await status(wrong), wrong).toBe(400)
      }
      for (const right of ['30000', '59999', '60000']) expect(await status(right), right).toBe(200)
      expect([200, 504]).toContain(await status('1'))
      const client = await RawClient.afterHello(row.socket, raw)
      client.send(request(1, '[1]', { a: 0xffff_fffe }), request(2, '[1]', { a: 60_001 }))
      expect((await client.frames(2)).map(codeOf)).toEqual(['accepted', 'accepted'])
      client.socket.end()
      await client.closed
    })
  })

  test('F25: a request whose deadline has passed on arrival or in the queue does not run', async (context) => {
    await onDaemon(
      context,
      kind,
      async (row) => {
        const runs = async (): Promise<number> => sampleOf(await row.metrics(), 'sidelane_run_seconds_count')
        const before = await runs()
        const client = await RawClient.afterHello(row.socket, slow)
        client.send(request(1, '[1]', { a: 0 }))
        expect((await client.frames(1)).map(codeOf)).toEqual(['deadline.exceeded'])
        expect(await runs()).toBe(before)
        client.send(
          ...Array.from({ length: 4 }, (_, i) => request(i + 2, heavy)),
          ...Array.from({ length: 5 }, (_, i) => request(i + 200, '[1]', { a: 1 })),
        )
        const frames = await client.frames(9)
        expect(tally(frames.filter(({ id }) => id < 200).map(codeOf))).toEqual({ accepted: 4 })
        const late = tally(frames.filter(({ id }) => id >= 200).map(codeOf))['deadline.exceeded'] ?? 0
        expect(late).toBeGreaterThan(0)
        expect(await runs()).toBe(before + 9 - late)
        client.socket.end()
        await client.closed
      },
      { args: patient },
    )
  })

  test('F26: cancelled requests leave the queue, running ones finish, cancelled calls of the client end at once', async (context) => {
    await onDaemon(
      context,
      kind,
      async (row) => {
        const client = await RawClient.afterHello(row.socket, slow)
        const cancel = (id: number): Buffer => frame({ kind: kinds.cancel, id })
        client.send(
          ...Array.from({ length: 4 }, (_, i) => request(i + 1, heavy)),
          ...Array.from({ length: 10 }, (_, i) => Buffer.concat([request(100 + i, '[1]'), cancel(100 + i)])),
          cancel(7777),
        )
        const frames = await client.frames(14)
        expect(tally(frames.filter(({ id }) => id < 100).map(codeOf))).toEqual({ accepted: 4 })
        const removed = tally(frames.filter(({ id }) => id >= 100).map(codeOf))
        expect(Object.keys(removed).every((code) => code === 'cancelled' || code === 'accepted')).toBe(true)
        expect(removed['cancelled']).toBeGreaterThan(0)
        client.socket.end()
        await client.closed

        const controller = new AbortController()
        const calls = row.trial.offerAll(
          Array.from({ length: 200 }, () => heavy),
          { signal: controller.signal },
        )
        let ended = false
        void calls.then(() => (ended = true))
        await turn()
        controller.abort()
        await turn()
        expect(ended, 'at once').toBe(true)
        for (const { code } of await calls) expect(['ok', 'cancelled']).toContain(code)
        expect((await row.trial.offer('[1]')).code).toBe('ok')
      },
      { args: patient },
    )
  })
})
