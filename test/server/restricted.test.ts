// Daemons on systems where something is missing: the addon, the temp directory.
import { expect, test } from 'vitest'
import { Daemon, daemonKinds, needDaemon, socketFolder, startDaemon } from '../support/daemon.ts'

const file = socketFolder()
const lock = { profile: 'p1', unicode: '15.0', name: 'any', schema: {} }

test('a Node daemon that falls back to js logs why; one that was asked for js does not', async () => {
  const env = { SIDELANE_NATIVE_PATH: '/nowhere/sidelane.node' }
  const args = ['--contract', file('any.lock.json', lock), '--socket']
  const daemon = await startDaemon({ env, args: [...args, file('auto.sock')] })
  expect(daemon.log).toContainEqual(
    expect.objectContaining({ event: 'warning', message: expect.stringContaining('/nowhere/sidelane.node') }),
  )
  expect(await daemon.event('listening')).toMatchObject({ engine: 'js' })
  const asked = await startDaemon({ env, args: [...args, file('js.sock'), '--engine', 'js'] })
  expect(asked.log.map(({ event }) => event)).toEqual(['listening'])
  await Promise.all([daemon.stop(), asked.stop()])
})

test.for(daemonKinds)('%s: a temp directory that is missing is named, with what to set', async (kind, context) => {
  needDaemon(kind, context)
  const env = { TMPDIR: '/nowhere', XDG_RUNTIME_DIR: '' }
  const daemon = new Daemon({ kind, env, args: ['--contract', file('any.lock.json', lock)] })
  expect(await daemon.exited).toBe(1)
  expect(daemon.stderr).toContain('/nowhere/sidelane-')
  expect(daemon.stderr).toContain(
    'Give `--socket PATH`, or set XDG_RUNTIME_DIR or TMPDIR to a directory that can be written to',
  )
})
