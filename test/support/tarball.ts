// Fresh projects that install the packed package from its tarball, for tests in test/package (npm run test:package). They
// need the npm registry, or what npm has in its cache.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, inject } from 'vitest'
import type { Result } from './cli.ts'
import { start, type RunOptions } from './run.ts'

/** The path of the tarball that was packed for this run. */
export const tarball: string = inject('tarball')

export interface ProjectOptions {
  /** Default: "module". */
  readonly type?: 'module' | 'commonjs'
  /** Besides sidelane: `zod@4.6.7`, or the path of a tarball. */
  readonly packages?: readonly string[]
  /** Paths in the project, and their text. */
  readonly files?: Readonly<Record<string, string>>
  /** More arguments of `npm i`, such as `--omit=peer`. */
  readonly npmArgs?: readonly string[]
}

export interface Project {
  readonly folder: string
  write(files: Readonly<Record<string, string>>): void
  /** Runs a program in the project's folder. The first programs found are those of node_modules/.bin. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<Result>
  /** The same, and returns stdout. Throws, with what the program printed, when it fails. */
  output(command: string, args: readonly string[], options?: RunOptions): Promise<string>
  install(...packages: readonly string[]): Promise<void>
}

/** What the end of the test file ends. */
const cleanUps: (() => void)[] = []
afterAll(() => {
  for (const cleanUp of cleanUps.toReversed()) cleanUp()
})

/** A new folder with a package.json in which the tarball is installed. Removed at the end of the test file. */
export async function freshProject(options: ProjectOptions = {}): Promise<Project> {
  const { type = 'module', packages = [], files = {}, npmArgs = [] } = options
  const folder = mkdtempSync(join(tmpdir(), 'sidelane-t-'))
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
  const bin = `${join(folder, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`
  const project: Project = {
    folder,
    write(added) {
      for (const [path, text] of Object.entries(added)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true })
        writeFileSync(join(folder, path), text)
      }
    },
    run(command, args, given = {}) {
      const { child, result } = start(command, args, { cwd: folder, ...given, env: { PATH: bin, ...given.env } })
      cleanUps.push(() => void child.kill('SIGKILL'))
      return result
    },
    async output(command, args, given) {
      const { status, stdout, stderr } = await project.run(command, args, given)
      if (status !== 0) throw new Error(`${[command, ...args].join(' ')} ended with ${status}:\n${stdout}${stderr}`)
      return stdout
    },
    async install(...added) {
      const args = ['i', '--no-audit', '--no-fund', '--prefer-offline', ...npmArgs, ...added]
      const { status, stderr } = await project.run('npm', args)
      if (status !== 0)
        throw new Error(`npm ${args.join(' ')} failed. The tests of the package need the npm registry.\n${stderr}`)
    },
  }
  project.write({ 'package.json': JSON.stringify({ name: 'fresh', version: '1.0.0', private: true, type }), ...files })
  await project.install(tarball, ...packages)
  return project
}
