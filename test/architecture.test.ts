// The module map of src: which module may import which, and through which file.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const src = fileURLToPath(new URL('../src/', import.meta.url))

/** Module (a folder or a file of src) → the modules it may import. A module stands below all that import it, also within its layer. */
const map: Record<string, readonly string[]> = {
  // Layer 0: no knowledge of contracts.
  runtime: ['tables', 'util'],
  pattern: [],
  util: [],
  json: ['runtime', 'tables', 'util'],
  tables: [],
  // Layer 1: the shared types, and what makes and reads contracts.
  model: ['json', 'pattern', 'tables', 'util'],
  'util/socket-path': ['model', 'tables', 'util'],
  'util/tls-connector': ['model', 'runtime', 'tables'],
  contract: ['json', 'model', 'pattern', 'runtime', 'tables', 'util'],
  'contract/schema-document': ['model', 'tables'],
  'contract/import': ['contract', 'contract/schema-document', 'json', 'model', 'tables', 'util'],
  // Layer 2: one payload, one engine; and the bytes between processes.
  engine: ['contract', 'json', 'model', 'pattern', 'runtime', 'util'],
  wire: ['model', 'runtime', 'tables', 'util'],
  train: ['contract', 'engine', 'model'],
  'contract/define': ['contract', 'contract/schema-document', 'json', 'model', 'pattern', 'train', 'util'],
  infer: ['contract', 'contract/define', 'json', 'model', 'pattern', 'runtime', 'util'],
  ndjson: ['model', 'util'],
  // What the benchmark and `decide` measure with.
  measure: ['util'],
  // Layer 3: where calls run, and what they pass on the way.
  policies: ['model', 'util'],
  host: ['model', 'runtime', 'tables', 'util'],
  placements: ['contract', 'engine', 'model', 'runtime', 'util', 'util/socket-path', 'util/tls-connector', 'wire'],
  // Layer 4: composition.
  'build-host': ['engine', 'host', 'model', 'placements', 'policies', 'runtime', 'util'],
  'open-fallback': ['engine', 'model', 'placements', 'policies'],
  redis: ['model', 'runtime', 'util'],
  create: ['build-host', 'engine', 'host', 'model', 'open-fallback', 'placements', 'policies', 'runtime', 'util'],
  rollout: ['engine', 'json', 'model', 'policies', 'runtime', 'util'],
  'create-rollout': ['build-host', 'engine', 'model', 'open-fallback', 'placements', 'policies', 'rollout', 'util'],
  frameworks: ['engine', 'model', 'runtime', 'tables', 'util'],
  'frameworks/node': ['engine', 'frameworks', 'model', 'tables', 'util'],
  server: [
    'contract',
    'engine',
    'model',
    'ndjson',
    'placements',
    'policies',
    'runtime',
    'tables',
    'util',
    'util/socket-path',
    'wire',
  ],
  // Layer 5: the entries.
  index: [
    'contract',
    'contract/define',
    'contract/import',
    'create',
    'create-rollout',
    'engine',
    'model',
    'ndjson',
    'rollout',
  ],
  edge: ['build-host', 'contract', 'engine', 'model'],
  'frameworks/express': ['frameworks', 'frameworks/node', 'model', 'tables'],
  'frameworks/fastify': ['create', 'frameworks', 'frameworks/node', 'model', 'tables', 'util'],
  'frameworks/fetch': ['engine', 'frameworks', 'frameworks/web-body', 'model', 'tables'],
  'frameworks/web-body': ['frameworks', 'model', 'util'],
  metrics: ['model', 'tables', 'util', 'wire'],
  bullmq: ['build-host', 'create', 'engine', 'model', 'policies', 'redis', 'util', 'wire'],
  'redis-cache': ['model', 'policies', 'redis', 'util', 'wire'],
  daemon: ['model', 'server', 'tables', 'util'],
  profile: ['tables', 'util'],
  decide: ['contract', 'create', 'engine', 'infer', 'measure', 'model', 'util'],
  // Of the records only their types.
  report: ['decide', 'profile', 'util'],
  cli: [
    ...[
      'bullmq',
      'contract',
      'contract/define',
      'contract/import',
      'create',
      'decide',
      'engine',
      'infer',
      'json',
      'metrics',
      'model',
      'ndjson',
      'profile',
      'report',
      'rollout',
      'runtime',
      'server',
      'tables',
      'train',
      'util',
      'util/tls-connector',
    ],
    'util/socket-path',
  ],
}

/** Files that other modules may import beside `index.ts`, with the reason. */
const entryPoints = new Set([
  'placements/pool/worker.ts', // a thread's entry: loaded by URL
  'placements/inline.ts', // the placement that runs without Node
  'infer/schema-ast.ts', // a draft as data, between processes: no part of `sidelane/infer`
  'decide/format.ts', // how numbers are written: the page loads no measuring
  'decide/record.ts', // types alone
  'profile/format.ts', // how numbers are written: the page loads no profiler
  'profile/record.ts', // types, and the names of the categories
])

/** Modules without `index.ts`: each file may be imported. */
const withoutIndex = new Set(['measure', 'runtime', 'tables', 'util'])

/**
 * Of layers 0 to 2, only these files may import `node:`: each has a twin for runtimes without Node, or belongs to one.
 */
const nodeImporters = new Set(['runtime/node.ts', 'runtime/regular-file.ts', 'engine/native/binding.ts'])

/** The imports that package.json's "imports" resolve by runtime. */
const byRuntime: Record<string, string> = { '#runtime': 'runtime/node.ts', '#binding': 'engine/native/binding.ts' }

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

  test('a module imports only from lower layers', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith('.'))
        .map((target) => relative(src, join(src, dirname(file), target)))
        .filter((target) => moduleOf(target) !== moduleOf(file) && !map[moduleOf(file)]?.includes(moduleOf(target)))
        .map((target) => `${file} imports ${target}`),
    )
    expect(wrong).toEqual([])
  })

  test('there are no import cycles between files', () => {
    const targets = new Map(
      files.map((file) => [
        file,
        importsOf(file)
          .filter((target) => target.startsWith('.'))
          .map((target) => relative(src, join(src, dirname(file), target))),
      ]),
    )
    const done = new Set<string>()
    const cycles: string[] = []
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' → '))
      if (path.includes(file) || done.has(file)) return
      for (const target of targets.get(file) ?? []) visit(target, [...path, file])
      done.add(file)
    }
    for (const file of files) visit(file, [])
    expect(cycles).toEqual([])
  })

  test('another module is imported through its entry point', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith('.'))
        .map((target) => relative(src, join(src, dirname(file), target)))
        .filter((target) => moduleOf(target) !== moduleOf(file) && !entryPoints.has(target))
        .filter((target) => !withoutIndex.has(moduleOf(target)))
        .filter((target) => target !== `${moduleOf(target)}.ts` && target !== `${moduleOf(target)}/index.ts`)
        .map((target) => `${file} imports ${target}`),
    )
    expect(wrong).toEqual([])
  })

  test('only the named files of the lower layers import node:', () => {
    const low = new Set([
      'runtime',
      'pattern',
      'json',
      'tables',
      'model',
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

  test('zod is imported by contract/define, infer and what decide compares with alone, and piscina by the pool alone', () => {
    const importers = (name: string): string[] =>
      files.filter((file) => importsOf(file).some((target) => target === name || target.startsWith(`${name}/`)))
    expect(importers('zod').filter((file) => !/^(?:contract\/define\/|infer\/|decide\/today\.ts$)/.test(file))).toEqual(
      [],
    )
    expect(importers('piscina').filter((file) => !file.startsWith('placements/pool/'))).toEqual([])
  })
})
