// Apps in TypeScript, against the built declarations.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const root = new URL('../../', import.meta.url).pathname
// Inside the package, so that its own name resolves to it.
const folder = join(root, 'build', `typescript-${process.pid}`)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.skipIf(!existsSync(join(root, 'dist'))).each([
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])('an app with all adapters compiles: module %s', (module, moduleResolution) => {
  mkdirSync(folder, { recursive: true })
  copyFileSync(join(root, 'test/frameworks/fixtures/app.ts'), join(folder, 'app.ts'))
  const compilerOptions = { module, moduleResolution, target: 'es2022', lib: ['es2022'], types: ['node'], strict: true }
  const more = { noEmit: true, skipLibCheck: true, exactOptionalPropertyTypes: true }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...compilerOptions, ...more } }))
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  expect(spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' }).stdout).toBe('')
})
