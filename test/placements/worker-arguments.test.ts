// What the workers of a pool inherit from the arguments of Node: nothing that loads code of the app.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { freshFolder } from '../support/folders.ts'
import { run } from '../support/run.ts'

const folder = (): { app: string; preload: string } => {
  const path = freshFolder()
  const sidelane = import.meta.resolve('sidelane')
  const app = join(path, 'app.mjs')
  writeFileSync(
    app,
    `import { createProcessor, parseContract } from ${JSON.stringify(sidelane)}
    const contract = parseContract({ profile: 'p1', unicode: '15.0', name: 'any', schema: {} })
    const workerUrl = process.argv[2]
    const processor = await createProcessor(contract, { placement: 'pool', threads: 1, engine: 'js', ...(workerUrl && { workerUrl }) })
    console.log((await processor.process('[1]')).ok)
    await processor.close()`,
  )
  const preload = join(path, 'preload.mjs')
  writeFileSync(
    preload,
    "import { isMainThread } from 'node:worker_threads'\nconsole.log(isMainThread ? 'in the app' : 'in a worker')",
  )
  return { app, preload }
}

test('the preloads of the app are not loaded in workers', async () => {
  const { app, preload } = folder()
  const { stdout, stderr } = await run(process.execPath, ['--import', pathToFileURL(preload).href, app])
  expect(stderr).toBe('')
  expect(stdout).toBe('in the app\ntrue\n')
})

test('an app may make its pool in a preload', async () => {
  const { app } = folder()
  const { status, stdout } = await run(process.execPath, ['--import', pathToFileURL(app).href, '-e', ''])
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'true\n' })
})

test('those of NODE_OPTIONS, and of a worker file of the app, are loaded', async () => {
  const { app, preload } = folder()
  const href = pathToFileURL(preload).href
  const byEnvironment = await run(process.execPath, [app], { env: { NODE_OPTIONS: `--import ${href}` } })
  expect(byEnvironment.stdout).toBe('in the app\nin a worker\ntrue\n')
  const own = fileURLToPath(import.meta.resolve('sidelane/worker'))
  const byFile = await run(process.execPath, ['--import', href, app, own])
  expect(byFile.stdout).toBe('in the app\nin a worker\ntrue\n')
})
