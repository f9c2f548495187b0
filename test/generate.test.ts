// The generated files against their sources: the Unicode table and the Rust twins of src/tables.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test.each(['generate-unicode', 'generate-tables'])('the files of native/%s.mjs are current', (name) => {
  const script = fileURLToPath(new URL(`../native/${name}.mjs`, import.meta.url))
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})
