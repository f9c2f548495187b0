import { defineConfig } from 'vitest/config'

const source = (path: string): string => new URL(`../src/${path}`, import.meta.url).pathname

export default defineConfig({
  // What package.json's "imports" choose in the built package.
  resolve: { alias: { '#runtime': source('runtime.ts'), '#binding': source('engine/native/binding.ts') } },
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    reporters: [['./test/support/reporter.ts', {}]],
    testTimeout: 30_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
