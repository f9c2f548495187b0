// F60: callers in other languages while the daemon is killed: each request gets one line, a success while a daemon runs.
import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { daemonKinds, needDaemon } from '../support/daemon.ts'
import { callWith, commandOf, languages } from '../callers/callers.ts'
import { needTool } from '../support/tools.ts'
import { onDaemon, raw } from './daemon-kit.ts'

const long = process.env['SIDELANE_LONG'] === '1'
const requests = long ? 10_000 : 1000
/** One process each. */
const curls = long ? 10_000 : 60
const kills = 4

describe.each(daemonKinds)('%s', (kind) => {
  test.for(languages)(
    `F60: $tool, ${requests} requests with kills in between`,
    { timeout: 300_000 },
    async (language, context) => {
      needTool(language.tool, context)
      needDaemon(kind, context)
      const command = commandOf(language)
      await onDaemon(
        context,
        kind,
        async (row) => {
          const caller = callWith(command, row.socket, raw.name)
          const batch = requests / (kills + 1)
          for (let sent = 0; sent < requests;) {
            if (sent > 0) {
              // In the middle of a batch.
              while (caller.lines().length < sent - batch / 2) await sleep(1)
              await row.kill()
              await row.restart()
            }
            for (const end = sent + batch; sent < end; sent++) caller.write(`[${sent}]`)
          }
          while (caller.lines().length < requests) await sleep(5)
          caller.write('[1]')
          expect(await caller.end()).toBe(0)
          const lines = caller.lines()
          expect(lines.length).toBe(requests + 1)
          expect(
            lines.filter((line) => !/^(?:200 [0-9a-f]{64} \d+|- unavailable 0|429 overloaded \d+)$/.test(line)),
          ).toEqual([])
          expect(lines.at(-1)).toMatch(/^200 /)
          await row.back()
        },
        { kills: true },
      )
    },
  )

  test(`F60: curl, ${curls} requests with kills in between`, { timeout: 600_000 }, async (context) => {
    needTool('curl', context)
    await onDaemon(
      context,
      kind,
      async (row) => {
        const url = `http://localhost/v1/contracts/${raw.name}/process`
        for (let i = 0; i < curls; i++) {
          if (i % 15 === 14) await row.kill()
          const { status, stdout } = spawnSync('curl', ['-sf', '--unix-socket', row.socket, '--data', `[${i}]`, url])
          // 7: no daemon listens.
          expect(status).toBe(i % 15 === 14 ? 7 : 0)
          if (status === 0) expect(stdout.length).toBeGreaterThan(10)
          else await row.restart()
        }
        await row.back()
      },
      { kills: true },
    )
  })
})
