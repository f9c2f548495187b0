// What is in the tarball.
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { tarball } from '../support/tarball.ts'

const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' })
  .trim()
  .split('\n')
  .map((path) => path.replace(/^package\//, ''))

test('no source maps', () => {
  expect(files.filter((path) => path.endsWith('.map'))).toEqual([])
})
