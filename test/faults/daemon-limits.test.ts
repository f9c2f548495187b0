// Fault rows about exhausted resources: descriptors, memory at accept, space for the log.
import { execFileSync, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createHost } from 'sidelane'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Daemon, daemonKinds, needDaemon } from '../support/daemon.ts'
import { cpuTicks } from '../support/processes.ts'
import { needStrace, needTool } from '../support/tools.ts'
import { RawHttp } from '../server/http-kit.ts'
import { anything, freshFolder, metricsOf, mix, onDaemon, sampleOf, type Row } from './daemon-kit.ts'

/** CPU time of the daemon during `ms` or somewhat more, as a share of one core. */
async function cpuShare({ daemon }: Row, ms: number): Promise<number> {
  const ticks = (): number => cpuTicks(daemon.child.pid as number)
  const startedAt = performance.now()
  const before = ticks()
  await sleep(ms)
  return ((ticks() - before) * 10) / (performance.now() - startedAt)
}

const dropped = async (socket: string): Promise<number> =>
  sampleOf(await metricsOf(socket), 'sidelane_log_dropped_total')

const good = ({ code }: { readonly code: string }): boolean => code === 'ok' || code === 'rejected'

describe.each(daemonKinds)('%s', (kind) => {
  test('F43: 100 clients and 48 descriptors: excess clients wait or are refused without a busy loop, and the daemon recovers', async (context) => {
    needTool('prlimit', context)
    await onDaemon(
      context,
      kind,
      async (row) => {
        execFileSync('prlimit', [`--pid=${row.daemon.child.pid}`, '--nofile=48:48'])
        const clients: Socket[] = Array.from({ length: 100 }, () => connect(row.socket).on('error', () => {}))
        await sleep(500)
        expect(await cpuShare(row, 1000)).toBeLessThan(0.5)
        // Connections that were already open are served.
        expect((await row.trial.offerAll(mix(20))).every(good)).toBe(true)
        for (const client of clients) client.destroy()
        await using host = await retry(() =>
          createHost({ placement: 'sidecar', socket: row.socket, deadlineMs: 20_000 }),
        )
        expect((await host.processor(anything).process('[1]')).ok).toBe(true)
      },
      { kills: true },
    )
  })

  test.for(['EMFILE', 'ENOMEM', 'ECONNABORTED'])(
    'F44: accept fails with %s several times, and the daemon recovers',
    async (error, context) => {
      needStrace(context)
      await onDaemon(
        context,
        kind,
        async (row) => {
          const pid = String(row.daemon.child.pid)
          const inject = `inject=accept,accept4:error=${error}:when=1..20`
          const tracer = spawn('strace', ['-f', '-qq', '-p', pid, '-e', 'trace=accept,accept4', '-e', inject], {
            stdio: ['ignore', 'ignore', 'pipe'],
          })
          const ended = new Promise((resolve) => tracer.once('close', resolve))
          // strace is attached when the kernel reports a tracer.
          await row.trial.until(
            'strace is attached',
            () => !/^TracerPid:\s+0$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')),
          )
          const clients = Array.from({ length: 20 }, () => connect(row.socket).on('error', () => {}))
          expect((await row.trial.offerAll(mix(20))).every(good)).toBe(true)
          await sleep(300)
          for (const client of clients) client.destroy()
          tracer.kill('SIGINT')
          await ended
          await using host = await retry(() =>
            createHost({ placement: 'sidecar', socket: row.socket, deadlineMs: 20_000 }),
          )
          expect((await host.processor(anything).process('[1]')).ok).toBe(true)
        },
        { kills: true },
      )
    },
  )

  test('F49: the disk of the log is full: lines are lost and counted, requests are not', async (context) => {
    if (!existsSync('/dev/full')) context.skip('/dev/full is not there')
    needDaemon(kind, context)
    const folder = freshFolder()
    const socket = join(folder, 's.sock')
    const lock = join(folder, 'a.lock.json')
    writeFileSync(lock, JSON.stringify(anything.lock))
    const log = openSync('/dev/full', 'w')
    onTestFinished(() => closeSync(log))
    const daemon = new Daemon({ kind, args: ['--socket', socket, '--contract', lock, '--log-sample', '1'], log })
    const host = await retry(() => createHost({ placement: 'sidecar', socket, deadlineMs: 20_000 }))
    const processor = host.processor(anything)
    for (let i = 0; i < 100; i++) expect((await processor.process(`[${i}]`)).ok).toBe(true)
    await expect.poll(() => dropped(socket)).toBeGreaterThan(100)
    await host.close()
    expect(await daemon.stop()).toBe(0)
  })

  test('F49: the reader of the log is gone: lines are lost and counted, requests are not', async (context) => {
    await onDaemon(context, kind, async (row) => {
      row.daemon.child.stderr?.destroy()
      const http = new RawHttp(row.socket)
      for (let i = 0; i < 20; i++) {
        await http.send(Buffer.from('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'))
        expect((await http.response())?.status).toBe(200)
      }
      http.close()
      for (let i = 0; i < 5; i++) expect((await row.trial.offerAll(mix(50))).every(good)).toBe(true)
      await expect.poll(() => dropped(row.socket)).toBeGreaterThan(0)
    })
  })
})

/** Repeats until it succeeds, for as long as a daemon may take to recover. */
async function retry<T>(act: () => Promise<T>): Promise<T> {
  const startedAt = performance.now()
  for (;;) {
    try {
      return await act()
    } catch (error) {
      if (performance.now() - startedAt > 20_000) throw error
      await sleep(50)
    }
  }
}
