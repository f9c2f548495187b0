// `sidelane/fetch` without Node, together with `sidelane/edge`.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'

const dist = new URL('../../dist/', import.meta.url)

test.skipIf(!existsSync(dist))('in a realm with web globals only, requests are processed as in Node', () => {
  const script = new URL('fetch-realm.mjs', import.meta.url).pathname
  const child = spawnSync(process.execPath, ['--experimental-vm-modules', '--no-warnings', script], {
    encoding: 'utf8',
  })
  expect(child.stderr).toBe('')
  const { results, files } = JSON.parse(child.stdout) as { results: unknown; files: string[] }
  expect(results).toEqual({
    coded: [200, '{"id":7}'],
    plain: [200, '{"id":7}'],
    gzip: [200, '{"id":7}'],
    corrupt: [422, 'codec.corrupt'],
    bad: [422, 'validate.failed'],
    large: [413, 'limit.bytes'],
    'stored gzip': '{"id":7}',
    'stored deflate': '{"id":7}',
    'stored deflate-raw': '{"id":7}',
    // This runtime has no decoder, and the client wants the content as it is.
    'stored brotli': 406,
  })
  expect(files).toContain('dist/runtime-web.js')
  expect(files.filter((file) => /-node|create|exchange|express|fastify/.test(file))).toEqual([])
})
