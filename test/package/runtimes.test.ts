// Bun and Deno: what a user of the package does there, with the binaries from npm.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { addEngine } from '../support/built-engine.ts'
import { freshProject, type Project } from '../support/tarball.ts'

const placements = {
  'inline, native engine': { engine: 'native' },
  'inline, js engine': { engine: 'js' },
  'a pool, native engine': { placement: 'pool', engine: 'native', threads: 2 },
  'a pool, js engine': { placement: 'pool', engine: 'js', threads: 2 },
  auto: { placement: 'auto', threads: 1 },
  'a launched Node daemon': { placement: 'sidecar', launch: { daemon: 'node' } },
  'a launched sidelaned': { placement: 'sidecar', launch: { daemon: 'sidelaned' } },
}

const placementsApp = `
import { createProcessor, defineContract } from 'sidelane'
import * as z from 'zod'

const contract = defineContract({ name: 'order', schema: z.object({ id: z.int() }) })
for (const [name, options] of Object.entries(${JSON.stringify(placements)})) {
  const processor = await createProcessor(contract, options)
  const outcomes = await Promise.all(Array.from({ length: 100 }, (_, id) => processor.process({ id })))
  const rejected = await processor.process('{"id":"x"}')
  const aborted = await processor.process({ id: 1 }, { signal: AbortSignal.abort() }).catch(({ code }) => code)
  await processor.close()
  console.log(JSON.stringify([name, outcomes.every(({ ok }) => ok), rejected.code, aborted]))
}`

/** Not closed: a launched daemon does not keep the process alive, and ends with it. */
const openApp = `
import { createProcessor, defineContract } from 'sidelane'
import * as z from 'zod'

const contract = defineContract({ name: 'order', schema: z.object({ id: z.int() }) })
const processor = await createProcessor(contract, { placement: 'sidecar', launch: true })
console.log((await processor.process({ id: 1 })).ok)`

const codecs = ['gzip', 'deflate', 'deflate-raw', 'brotli', 'zstd', 'none']

/** Each body is one whole member, and no beginning of it passes for one. Random digits, which barely shrink. */
const codecsApp = `
import { createProcessor, decompress, defineContract } from 'sidelane'
import * as z from 'zod'

const text = Array.from({ length: 300 }, (_, i) => ((i * 2654435761) % 4294967296).toString(36)).join()
for (const engine of ['native', 'js']) {
  for (const codec of ${JSON.stringify(codecs)}) {
    const contract = defineContract({ name: 'codec', schema: z.string(), compress: { codec } })
    const processor = await createProcessor(contract, { engine })
    const { body } = await processor.process(JSON.stringify(text))
    const read = (bytes) => {
      try { return decompress(bytes, codec, { maxBytes: 10_000 }).length } catch ({ code }) { return code }
    }
    const parts = new Set(Array.from(body, (_, end) => read(body.subarray(0, end))))
    console.log(JSON.stringify([engine, codec, read(body) - text.length, codec === 'none' ? 'any' : [...parts].join()]))
    await processor.close()
  }
}`

const fetchApp = `
import { createProcessor, defineContract } from 'sidelane'
import { receive, respond } from 'sidelane/fetch'
import * as z from 'zod'

const contract = defineContract({ name: 'order', schema: z.object({ id: z.int() }) })
const orders = await createProcessor(contract)
const handle = async (request) => respond(request, await receive(orders, request))
const server = globalThis.Bun ? Bun.serve({ port: 0, fetch: handle }) : Deno.serve({ port: 0, onListen() {} }, handle)
const { port } = globalThis.Bun ? server : server.addr
const headers = { 'content-type': 'application/json', 'accept-encoding': 'gzip' }
for (const body of ['{ "id": 7 }', '{"id":"x"}']) {
  const response = await fetch('http://127.0.0.1:' + port, { method: 'POST', body, headers })
  console.log(response.status, (await response.text()).slice(0, 8))
}
await (globalThis.Bun ? server.stop(true) : server.shutdown())
await orders.close()`

/** Prints what was missing where a placement could not start. */
const deniedApp = `
import { createProcessor, defineContract } from 'sidelane'
import * as z from 'zod'

const contract = defineContract({ name: 'order', schema: z.object({ id: z.int() }) })
for (const options of [{ engine: 'js' }, { engine: 'native' }, { placement: 'pool', engine: 'js', threads: 1 }, { placement: 'sidecar', launch: true }]) {
  try {
    const processor = await createProcessor(contract, options)
    await processor.close()
    console.log('ok')
  } catch ({ code, message }) {
    console.log(code, /--allow-[a-z]+/.exec(message)?.[0])
  }
}`

const files = {
  'denied.js': deniedApp,
  'placements.js': placementsApp,
  'open.js': openApp,
  'codecs.js': codecsApp,
  'fetch.js': fetchApp,
}

/** npm blocks install scripts, so the programs are taken from their platform packages. */
const programs: Readonly<Record<string, (project: Project) => readonly [string, ...string[]]>> = {
  'bun@1.4.5': ({ folder }) => [join(onlyFolder(folder, '@oven'), 'bin/bun')],
  'deno@2.9.6': ({ folder }) => [join(onlyFolder(folder, '@deno'), 'deno'), 'run', '--allow-all'],
}

function onlyFolder(project: string, scope: string): string {
  const [name = ''] = readdirSync(join(project, 'node_modules', scope))
  return join(project, 'node_modules', scope, name)
}

describe.each(Object.entries(programs))('%s', (runtime, programOf) => {
  test('runs all placements, codecs and the fetch adapter', async () => {
    const project = await freshProject({ packages: ['zod@4.6.7', runtime], files, npmArgs: ['--ignore-scripts'] })
    addEngine(project)
    const [program, ...first] = programOf(project)
    const lines = async (file: string) => (await project.output(program, [...first, file])).trim().split('\n')

    const placed = (await lines('placements.js')).map((line) => JSON.parse(line) as unknown)
    expect(placed).toEqual(Object.keys(placements).map((name) => [name, true, 'validate.failed', 'cancelled']))
    expect(await lines('open.js')).toEqual(['true'])
    const coded = (await lines('codecs.js')).map((line) => JSON.parse(line) as unknown)
    const wanted = ['native', 'js'].flatMap((engine) =>
      codecs.map((codec) => [engine, codec, 2, codec === 'none' ? 'any' : 'codec.corrupt']),
    )
    expect(coded).toEqual(wanted)
    if (runtime.startsWith('deno')) {
      const denied = (...flags: readonly string[]) =>
        project.output(program, ['run', '--no-prompt', ...flags, 'denied.js']).then((text) => text.trim().split('\n'))
      const missing = (flag: string): string => `engine.unavailable --allow-${flag}`
      expect(await denied()).toEqual(['ok', missing('env'), missing('read'), missing('env')])
      expect(await denied('--allow-read', '--allow-env')).toEqual(['ok', missing('ffi'), 'ok', missing('sys')])
    }
    expect(await lines('fetch.js')).toEqual([expect.stringMatching(/^200 /), expect.stringMatching(/^422 /)])
  })
})
