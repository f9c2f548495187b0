// F60: callers in other languages while the daemon is killed: each request gets one line, a success while a daemon runs.
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { languages } from '../callers/callers.ts'
import { daemonKinds } from '../support/daemon.ts'
import { needTool } from '../support/tools.ts'
import { onCaller } from './caller-kit.ts'
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
    (language, context) =>
      onCaller(context, kind, language, async (row, caller) => {
        const batch = requests / (kills + 1)
        caller.send(batch)
        for (let kill = 0; kill < kills; kill++) {
          // In the middle of a batch.
          await caller.printed(batch / 2)
          await row.kill()
          await row.restart()
          caller.send(batch)
        }
      }),
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
