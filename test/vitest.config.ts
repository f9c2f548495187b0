import { defineConfig, type ViteUserConfig } from 'vitest/config'

const source = (path: string): string => new URL(`../src/${path}`, import.meta.url).pathname

/** The folders with a mode of their own: `--mode faults` (npm run test:faults), `--mode package` (npm run test:package). */
const modes: Readonly<Record<string, ViteUserConfig['test']>> = {
  // One file after the other, because they look at what the whole process holds and at the clock. A limit ends a test that hangs,
  // and none that is slow because the machine is busy.
  faults: {
    include: ['test/faults/*.test.ts'],
    maxWorkers: 1,
    setupFiles: ['test/support/default-malloc.ts'],
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
  // They install the packed package in fresh projects, from the registry.
  package: {
    include: ['test/package/*.test.ts'],
    globalSetup: ['test/support/pack-once.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
  },
}

export default defineConfig(({ mode }) => {
  // Of the processes that run tests: by default glibc takes large blocks from its heaps too, once some were freed, and then keeps
  // them or not, as their neighbours are: memory could not be compared.
  if (mode === 'faults') process.env['MALLOC_MMAP_THRESHOLD_'] = '131072'
  return {
    // What package.json's "imports" choose in the built package.
    resolve: { alias: { '#runtime': source('runtime/node.ts'), '#binding': source('engine/native/binding.ts') } },
    test: {
      root: new URL('..', import.meta.url).pathname,
      exclude: mode in modes ? [] : ['test/faults/**', 'test/package/**'],
      reporters: [['./test/support/reporter.ts', {}]],
      // On a busy machine a test takes many times as long: these end those that hang.
      testTimeout: 60_000,
      expect: { poll: { timeout: 30_000 } },
      pool: 'forks',
      ...(modes[mode] ?? { include: ['test/**/*.test.ts'], maxWorkers: 2 }),
    },
  }
})
