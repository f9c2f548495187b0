// Fault rows about clients of another user: they are refused, and told why. Root can become another user; other users skip them.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test, type TestContext } from 'vitest'
import { daemonKinds, needDaemon, type DaemonKind } from '../support/daemon.ts'
import { onDaemon, sampleOf, type Row } from './daemon-kit.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const nobody = 65_534

/** Runs a program as another user, in the folder of the package. */
const programAs = async (uid: number, source: string): Promise<string> => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { cwd: root, uid, gid: uid })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  await new Promise((resolve) => child.on('close', resolve))
  return text
}

function needOtherUser(context: TestContext): void {
  if (process.getuid?.() !== 0) context.skip('only root can become another user')
  const { status } = spawnSync(process.execPath, ['-e', "import('sidelane')"], { cwd: root, uid: nobody, gid: nobody })
  if (status !== 0) context.skip('another user cannot read the package')
}

/** What the client of this library gets as that user, as JSON. */
const clientAs = async ({ socket }: Row, uid: number): Promise<Record<string, unknown>> =>
  JSON.parse(
    await programAs(
      uid,
      `import { createProcessor, parseContract } from 'sidelane'
      const contract = parseContract({ profile: 'p1', unicode: '15.0', name: 'anything', schema: {} })
      try {
        const processor = await createProcessor(contract, { placement: 'sidecar', socket: ${JSON.stringify(socket)} })
        await processor.close()
        console.log('{}')
      } catch ({ code, message, params, cause }) {
        console.log(JSON.stringify({ code, message, params, cause: cause?.code }))
      }`,
    ),
  ) as Record<string, unknown>

/** Of `sidelane ping`, which returns its exit code and prints to stderr. */
const pingAs = async ({ socket }: Row, uid: number): Promise<string> => {
  const args = ['ping', '--socket', socket]
  return programAs(
    uid,
    `import { readFileSync } from 'node:fs'
    import { spawnSync } from 'node:child_process'
    const { bin } = JSON.parse(readFileSync('package.json', 'utf8'))
    const { status, stderr } = spawnSync(process.execPath, [bin.sidelane, ...${JSON.stringify(args)}], { encoding: 'utf8' })
    console.log(status, stderr)`,
  )
}

/** On a daemon whose socket every user may open: it has to look at the uid of a client. */
async function onOpenSocket(
  context: TestContext,
  kind: DaemonKind,
  body: (row: Row) => Promise<void>,
  ...args: readonly string[]
): Promise<void> {
  if (kind === 'node') context.skip('Node has no SO_PEERCRED: only the mode of the file restricts access')
  needDaemon(kind, context)
  needOtherUser(context)
  const options = { args: ['--socket-mode', '0666', ...args] }
  const onFolder = (row: Row): Promise<void> => {
    chmodSync(row.folder, 0o755)
    return body(row)
  }
  await onDaemon(context, kind, onFolder, options)
}

describe.each(daemonKinds)('%s', (kind) => {
  test('F110: the mode of the socket excludes another user, whose client says so', async (context) => {
    needDaemon(kind, context)
    needOtherUser(context)
    await onDaemon(context, kind, async (row) => {
      chmodSync(row.folder, 0o755)
      expect(await clientAs(row, nobody)).toEqual({
        code: 'unavailable',
        message: `The mode of ${row.socket}, or of a directory on the way, does not let uid ${nobody} connect.`,
        params: { reason: 'forbidden' },
        cause: 'EACCES',
      })
      expect(await pingAs(row, nobody)).toMatch(/^3 sidelane: .*EACCES/)
    })
  })

  test('F111: sidelaned tells another user that it does not serve it', async (context) => {
    await onOpenSocket(context, kind, async (row) => {
      expect(await clientAs(row, nobody)).toEqual({
        code: 'unavailable',
        message: `The daemon at ${row.socket} does not serve uid ${nobody}; its --allow-uid names those that it does.`,
        params: { reason: 'forbidden' },
        cause: 'protocol.forbidden',
      })
      expect(await pingAs(row, nobody)).toBe(
        `3 sidelane: ${row.socket}: the daemon does not serve uid ${nobody}; its --allow-uid names those that it does\n\n`,
      )
      expect(await clientAs(row, 0)).toEqual({})
      const refused = await row.daemon.event('refused')
      expect(refused).toMatchObject({ reason: `uid ${nobody} may not connect` })
    })
  })

  test('F112: another user that sends nothing, half a preface or garbage holds nothing', async (context) => {
    await onOpenSocket(context, kind, async (row) => {
      const ended = await programAs(
        nobody,
        `import { connect } from 'node:net'
        const first = ['', '\\xf5\\x53', '\\xf5\\x53\\x44\\x4c\\x4e\\x0a\\x07\\x00', '\\x00', '\\xf5garbage!', 'GET / HTTP/1.1\\r\\n', 'HEAD /']
        const answers = {}
        await Promise.all(Array.from({ length: 70 }, (_, i) => new Promise((resolve) => {
          const sent = first[i % first.length]
          let text = ''
          const socket = connect({ path: ${JSON.stringify(row.socket)}, allowHalfOpen: true }, () => socket.write(Buffer.from(sent, 'latin1')))
          socket.on('data', (chunk) => (text += chunk.toString('latin1')))
          socket.on('error', () => {}).on('close', () => resolve((answers[sent] ??= new Set()).add(text.length)))
          // The writing side stays open: the daemon ends it.
          socket.on('end', () => setTimeout(() => socket.destroy(), 1500))
        })))
        console.log(Object.keys(answers).length)`,
      )
      expect(ended).toBe('7\n')
      expect((await row.trial.offer('[1]')).code).toBe('ok')
      const connections = async (): Promise<number> =>
        sampleOf(await row.metrics(), 'sidelane_connections{protocol="http"}')
      await expect.poll(connections).toBeLessThanOrEqual(1)
    })
  })

  test('F113: a uid that --allow-uid names is served', async (context) => {
    await onOpenSocket(
      context,
      kind,
      async (row) => {
        expect(await clientAs(row, nobody)).toEqual({})
      },
      '--allow-uid',
      '0',
      '--allow-uid',
      String(nobody),
    )
  })
})
