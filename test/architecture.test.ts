// The map of the house: which module may import which, and through which door. A wrong import fails here.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const src = fileURLToPath(new URL('../src/', import.meta.url))

/** Module (a folder or a file of src) → the modules it may import. Lower floors only. */
const map: Record<string, readonly string[]> = {
  runtime: ['zlib'],
  'runtime-web': ['runtime'],
  zlib: [],
  unicode: [],
  bytes: [],
  'package-facts': [],
  json: ['runtime'],
  contract: ['bytes', 'json', 'runtime'],
  'contract/define': ['contract'],
  engine: ['contract', 'json', 'runtime', 'unicode'],
  infer: ['contract', 'contract/define', 'json', 'runtime'],
  layer: ['contract'],
  wire: ['bytes', 'contract', 'runtime'],
  socket: ['contract'],
  placement: ['contract', 'engine', 'package-facts', 'runtime', 'socket', 'wire'],
  create: ['contract', 'engine', 'place-host', 'layer', 'placement'],
  index: ['contract', 'contract/define', 'create', 'engine', 'stream', 'verify'],
  stream: ['contract'],
  verify: ['contract', 'engine', 'runtime'],
  edge: ['contract', 'place-host', 'engine'],
  'place-host': ['contract', 'engine', 'layer', 'placement', 'runtime'],
  server: ['contract', 'engine', 'placement', 'socket', 'wire'],
  daemon: ['package-facts', 'server'],
  cli: [
    ...['contract', 'contract/define', 'engine', 'create', 'infer', 'package-facts', 'server', 'socket', 'stream'],
    'verify',
  ],
}

/** Files that stand alone beside their module's door, with the reason. */
const doors = new Set([
  'placement/pool/worker.ts', // a thread's entry: loaded by URL
  'placement/inline.ts', // the part of the placements that runs without Node
])

/** Only these files of floors 0 and 1 may import `node:`: each has a twin for runtimes without it, or belongs to one. */
const nodeImporters = new Set(['runtime.ts', 'zlib.ts', 'engine/native/binding.ts'])

/** What package.json's "imports" choose by runtime. */
const byRuntime: Record<string, string> = { '#runtime': 'runtime.ts', '#binding': 'engine/native/binding.ts' }

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
const moduleOf = (file: string): string =>
  Object.keys(map)
    .filter((name) => file === `${name}.ts` || file.startsWith(`${name}/`))
    .sort((a, b) => b.length - a.length)[0] ?? file

const importsOf = (file: string): string[] =>
  [...readFileSync(join(src, file), 'utf8').matchAll(/(?:from|import\()\s*'([^']+)'|^import '([^']+)'/gm)]
    .map((m) => (m[1] ?? m[2]) as string)
    .map((target) =>
      target in byRuntime ? relative(join(src, dirname(file)), join(src, byRuntime[target] as string)) : target,
    )
    .map((target) => (/^[a-z]/.test(target) && target.endsWith('.ts') ? `./${target}` : target))

describe('src', () => {
  test('every file belongs to a module of the map', () => {
    expect(files.filter((file) => !(moduleOf(file) in map))).toEqual([])
  })

  test('a module imports only from lower floors', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith('.'))
        .map((target) => relative(src, join(src, dirname(file), target)))
        .filter((target) => moduleOf(target) !== moduleOf(file) && !map[moduleOf(file)]?.includes(moduleOf(target)))
        .map((target) => `${file} imports ${target}`),
    )
    expect(wrong).toEqual([])
  })

  test('another module is entered through its door', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith('.'))
        .map((target) => relative(src, join(src, dirname(file), target)))
        .filter((target) => moduleOf(target) !== moduleOf(file) && !doors.has(target))
        .filter((target) => target !== `${moduleOf(target)}.ts` && target !== `${moduleOf(target)}/index.ts`)
        .map((target) => `${file} imports ${target}`),
    )
    expect(wrong).toEqual([])
  })

  test('only the named files of the lower floors import node:', () => {
    const low = new Set([
      'runtime',
      'runtime-web',
      'zlib',
      'unicode',
      'json',
      'contract',
      'contract/define',
      'engine',
      'wire',
    ])
    const wrong = files.filter(
      (file) =>
        low.has(moduleOf(file)) &&
        !nodeImporters.has(file) &&
        importsOf(file).some((target) => target.startsWith('node:')),
    )
    expect(wrong).toEqual([])
  })

  test('zod is imported by contract/define and infer alone, and piscina by the pool alone', () => {
    const importers = (name: string): string[] =>
      files.filter((file) => importsOf(file).some((target) => target === name || target.startsWith(`${name}/`)))
    expect(importers('zod').filter((file) => !/^(?:contract\/define|infer)\//.test(file))).toEqual([])
    expect(importers('piscina').filter((file) => !file.startsWith('placement/pool/'))).toEqual([])
  })
})
