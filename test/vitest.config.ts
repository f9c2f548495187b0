import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    reporters: [['./test/support/reporter.ts', {}]],
    testTimeout: 30_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
