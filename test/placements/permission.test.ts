// `node --permission`: what each placement needs, in a process of its own.
import { realpathSync } from 'node:fs'
import { expect, test } from 'vitest'
import { engineKinds, needEngine } from '../support/need.ts'
import { run } from '../support/run.ts'

const model = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'

const app = `
import { createProcessor, parseContract } from 'sidelane'
const contract = parseContract('{"profile":"p1","unicode":"15.0","name":"any","schema":{}}')
const warnings = []
process.on('warning', ({ code }) => code?.startsWith('SIDELANE') && warnings.push(code))
const tries = { inline: {}, native: { engine: 'native' }, pool: { placement: 'pool', threads: 1 },
  launch: { placement: 'sidecar', launch: { daemon: 'node' } } }
const results = {}
for (const [name, options] of Object.entries(tries)) {
  try {
    const processor = await createProcessor(contract, options)
    results[name] = [(await processor.process('[1]')).ok, processor.engine.kind]
    await processor.close()
  } catch ({ code, message }) {
    results[name] = [code, message]
  }
}
await new Promise(setImmediate)
console.log(JSON.stringify({ ...results, warnings }))
`

async function permitted(...flags: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await run(process.execPath, [
    model,
    '--allow-fs-read=*',
    ...flags,
    '--input-type=module',
    '--eval',
    app,
  ])
  try {
    return JSON.parse(stdout) as Record<string, unknown>
  } catch {
    throw new Error(stderr)
  }
}

const needs = (flag: string): unknown => ['engine.unavailable', expect.stringContaining(`start node with ${flag}`)]

test('nothing but reads: the js engine inline with one warning, and errors that name the flags', async () => {
  expect(await permitted()).toEqual({
    inline: [true, 'js'],
    native: needs('--allow-addons'),
    pool: needs('--allow-worker'),
    launch: needs('--allow-fs-write'),
    warnings: ['SIDELANE_NO_NATIVE'],
  })
})

test('with the flags all work, and a launch without child processes names its flag', async (context) => {
  for (const kind of engineKinds) needEngine(kind, context)
  const flags = ['--allow-addons', '--allow-worker', '--allow-fs-write=*']
  // Node 25 restricts connections too.
  if (process.allowedNodeEnvironmentFlags.has('--allow-net')) flags.push('--allow-net')
  const native = { inline: [true, 'native'], native: [true, 'native'], pool: [true, 'native'], warnings: [] }
  expect(await permitted(...flags)).toEqual({ ...native, launch: needs('--allow-child-process') })
  expect(await permitted(...flags, '--allow-child-process')).toEqual({ ...native, launch: [true, 'native'] })
})

test('a lock that may not be read: the error names the flag', async () => {
  const script = `
    import { loadContract } from 'sidelane'
    try { loadContract('/etc/hostname') } catch ({ message }) { console.log(message) }`
  const readable = [process.cwd(), realpathSync('node_modules')].map((path) => `--allow-fs-read=${path}/`)
  const { stdout } = await run(process.execPath, [model, ...readable, '--input-type=module', '--eval', script])
  expect(stdout).toBe('Cannot read the lock file /etc/hostname: it needs --allow-fs-read\n')
})
