// Bundles src into dist: modules, CommonJS, and the types of both. Code that entries share goes to dist/chunks. Names stay
// as they are, for stack traces.

import { readdirSync, readFileSync } from 'node:fs'
import { defineConfig } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'
import { noticesOf } from './native/notices.mjs'

/** The entries of package.json's "exports". */
const published = {
  index: 'src/index.ts',
  edge: 'src/edge.ts',
  infer: 'src/infer/index.ts',
  express: 'src/frameworks/express.ts',
  fastify: 'src/frameworks/fastify.ts',
  fetch: 'src/frameworks/fetch.ts',
  metrics: 'src/metrics/index.ts',
  bullmq: 'src/bullmq/index.ts',
  'redis-cache': 'src/redis-cache/index.ts',
  worker: 'src/placements/pool/worker.ts',
}

/** What package.json's "imports" choose between, at run time: they stay imports in the bundles. */
const byRuntime = {
  'runtime-node': 'src/runtime/node.ts',
  'runtime-web': 'src/runtime/web.ts',
  'binding-node': 'src/engine/native/binding.ts',
  'binding-web': 'src/engine/native/binding-web.ts',
}

const programs = {
  daemon: 'src/daemon.ts',
  'cli/main': 'src/cli/main.ts',
  'decide/option-child': 'src/decide/option-child.ts',
}

// Dependencies stay imports too, but for @noble/hashes, which is modules only: not every require() loads those.
const common = {
  external: [/^#/, /^node:/, 'bullmq', 'fastify', 'fflate', 'ioredis', 'jiti', 'piscina', /^zod/],
  platform: 'node',
  transform: { target: 'es2022' },
}

const license = `/*!\nContains @noble/hashes:\n\n${readFileSync('node_modules/@noble/hashes/LICENSE', 'utf8').trim()}\n*/`

/** The notices of what a chunk contains. */
function notices(moduleIds) {
  const packages = new Map()
  for (const id of moduleIds) {
    const [, folder] = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id) ?? []
    if (folder === undefined || packages.has(folder)) continue
    const { name, version } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
    if (file === undefined) throw new Error(`${name} has no license file`)
    packages.set(folder, { of: `${name} ${version}`, text: readFileSync(`${folder}/${file}`, 'utf8') })
  }
  return noticesOf(packages.values())
}

/** The drawing code of report pages: Plot and ours, in one module that a page contains. Its notices go with it. */
const charts = {
  input: { charts: 'src/report/browser/main.ts' },
  platform: 'browser',
  transform: { target: 'es2022' },
  output: {
    dir: 'dist/report',
    format: 'es',
    minify: true,
    comments: { legal: true },
    postBanner: ({ moduleIds }) => `/*!\nContains:\n\n${notices(moduleIds)}\n*/`,
  },
  plugins: [
    {
      name: 'third-party',
      generateBundle(_, bundle) {
        const ids = Object.values(bundle).flatMap(({ moduleIds = [] }) => moduleIds)
        const source = `dist/report/charts.js, which is part of every report page, contains:\n\n${notices(ids)}\n`
        this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY.txt', source })
      },
    },
  ],
}

/** Small modules without imports, in one chunk: each would be a file that every app opens. */
const codeSplitting = {
  groups: [
    {
      name: 'util',
      test: /src\/(?:json\/set-member|wire\/constants|util\/(?:fill-template|joined-bytes|with-timeout|deno-permission|node-permission))\.ts$/,
    },
  ],
}

const files = (extension) => ({
  dir: 'dist',
  strict: true,
  entryFileNames: `[name]${extension}`,
  chunkFileNames: `chunks/[name]${extension}`,
  postBanner: ({ name }) => (name === 'runtime-web' ? license : ''),
  comments: { annotation: true, legal: true, jsdoc: false },
})

const types = (extension) =>
  defineConfig({
    ...common,
    input: published,
    plugins: [dts({ oxc: true, emitDtsOnly: true, sourcemap: false })],
    resolve: { conditionNames: ['sidelane:source', 'import', 'node'] },
    output: { ...files(extension), format: 'es' },
  })

export default defineConfig([
  {
    ...common,
    input: { ...published, ...byRuntime, ...programs },
    output: { ...files('.js'), format: 'es', codeSplitting },
  },
  {
    ...common,
    input: { ...published, ...byRuntime },
    // Jest runs CommonJS in a vm context, where import() is an error.
    output: { ...files('.cjs'), format: 'cjs', dynamicImportInCjs: false, codeSplitting },
  },
  charts,
  {
    // Loaded by `node --require` into an app of any kind, or sent to one as text: one file, without imports of its own.
    ...common,
    input: { 'cli/profile-agent': 'src/profile/agent/main.ts' },
    output: { ...files('.cjs'), format: 'cjs' },
  },
  types('.js'),
  types('.cjs'),
])
