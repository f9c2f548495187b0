// Bundles src into dist: modules, CommonJS, and the types of both. Code that entries share goes to dist/chunks. Names stay
// as they are, for stack traces.

import { readFileSync } from 'node:fs'
import { defineConfig } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'

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

const programs = { daemon: 'src/daemon.ts', 'cli/main': 'src/cli/main.ts' }

// Dependencies stay imports too, but for @noble/hashes, which is modules only: not every require() loads those.
const common = {
  external: [/^#/, /^node:/, 'bullmq', 'fastify', 'fflate', 'ioredis', 'jiti', 'piscina', /^zod/],
  platform: 'node',
  transform: { target: 'es2022' },
}

const license = `/*!\nContains @noble/hashes:\n\n${readFileSync('node_modules/@noble/hashes/LICENSE', 'utf8').trim()}\n*/`

/** Small modules without imports, in one chunk: each would be a file that every app opens. */
const codeSplitting = {
  groups: [
    {
      name: 'util',
      test: /src\/(?:json\/set-member|util\/(?:fill-template|joined-bytes|with-timeout|deno-permission|node-permission))\.ts$/,
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
  types('.js'),
  types('.cjs'),
])
