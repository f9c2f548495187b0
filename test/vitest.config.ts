import { defineConfig } from 'vitest/config'

const source = (path: string): string => new URL(`../src/${path}`, import.meta.url).pathname

// `--mode faults` (npm run test:faults): the fault rows alone, one file after the other, because they look at what the whole
// process holds and at the clock.
export default defineConfig(({ mode }) => ({
  // What package.json's "imports" choose in the built package.
  resolve: { alias: { '#runtime': source('runtime/node.ts'), '#binding': source('engine/native/binding.ts') } },
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: mode === 'faults' ? ['test/faults/*.test.ts'] : ['test/**/*.test.ts'],
    exclude: mode === 'faults' ? [] : ['test/faults/**'],
    reporters: [['./test/support/reporter.ts', {}]],
    testTimeout: 30_000,
    pool: 'forks',
    maxWorkers: mode === 'faults' ? 1 : 2,
  },
}))
