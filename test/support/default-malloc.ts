// What a test starts has the defaults of the allocator: test/vitest.config.ts sets this one for the process of the test only, which
// has read it.
import process from 'node:process'

delete process.env['MALLOC_MMAP_THRESHOLD_']
