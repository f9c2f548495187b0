// The files of docs/deploy, and the tools that check them.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestContext } from 'vitest'
import { needTool } from '../support/tools.ts'

export const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = join(root, 'docs/deploy')

export const deployFile = (name: string): string => join(folder, name)
export const deployText = (name: string): string => readFileSync(deployFile(name), 'utf8')

/** The values of a key in a unit file. */
export const unitValues = (name: string, key: string): string[] =>
  deployText(name)
    .split('\n')
    .filter((line) => line.startsWith(`${key}=`))
    .map((line) => line.slice(key.length + 1))

/** Where `.ci/run` puts the packages of PyPI that tests need. */
const pythonTools = process.env['SIDELANE_PYTHON_TOOLS'] ?? join(root, 'target/tools/python')

/** A program of a PyPI package; skips the test without it. */
export function pythonProgram(name: string, context: TestContext): string {
  const path = join(pythonTools, 'bin', name)
  if (!existsSync(path)) context.skip(`${name} is not in ${pythonTools}: .ci/run installs it`)
  return path
}

/** Runs Python with a module of a PyPI package; skips the test without it. */
export function runPython(module: string, source: string, args: readonly string[], context: TestContext): string {
  needTool('python3', context)
  const env = { ...process.env, PYTHONPATH: pythonTools }
  if (spawnSync('python3', ['-c', `import ${module}`], { env }).status !== 0) {
    context.skip(`the Python module ${module} is not in ${pythonTools}: .ci/run installs it`)
  }
  const { status, stdout, stderr } = spawnSync('python3', ['-c', source, ...args], { env, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return stdout
}
