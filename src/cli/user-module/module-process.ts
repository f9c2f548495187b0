// The process in which a user's module runs, so that it can neither write to the stdout of the command, nor keep it alive,
// nor end it. Imports the module, reports its exports or why there are none, and ends.

import { spawnSync } from 'node:child_process'
import { Socket } from 'node:net'
import { SidelaneError } from '../../model/index.ts'
import { moduleLoader } from '../../util/module-loader.ts'
import { describeError, placesOf } from '../error-text.ts'
import { readExports } from './module-exports.ts'
import { reportDescriptor, type ModuleFailure, type ModuleReport } from './module-report.ts'

/** Runs the module at this absolute path. */
export async function runModule(path: string): Promise<void> {
  const exit = process.exit.bind(process)
  const channel = new Socket({ fd: reportDescriptor })
  let reported = false
  const report = (made: ModuleReport, then?: () => void): void => {
    if (reported) return
    reported = true
    channel.ref().write(`${JSON.stringify(made)}\n`, then)
  }
  const fail = (what: string, places = ''): void =>
    report({ kind: 'failed', message: `Cannot import ${path}: ${what}${places}` }, exit)
  endWithCommand(channel)
  const exitPlaces = watchExit()
  process.on('exit', (code) => {
    fail(`the module called process.exit(${code}) while it was loaded`, exitPlaces())
  })
  // Nothing is left that could settle the import.
  process.on('beforeExit', () => fail('a top-level await never settled'))
  process.on('uncaughtException', (error) => {
    // A handler of the module decides.
    if (process.listenerCount('uncaughtException') === 1) fail(describeError(error), placesOf(error))
  })
  let made: ModuleReport
  try {
    const load = await moduleLoader(path)
    made = typeof load === 'function' ? readExports(await load()) : { kind: 'usage', message: load }
  } catch (error) {
    made = failureOf(path, error)
  }
  report(made, exit)
}

/** The command may be killed. The channel does not keep this process alive. */
function endWithCommand(channel: Socket): void {
  const end = (): void => void process.kill(process.pid, 'SIGKILL')
  channel.on('error', end).on('close', end).resume().unref()
}

/** Returns a function that returns the places of the first call of `process.exit`. */
function watchExit(): () => string {
  const exit = process.exit.bind(process)
  let places = ''
  process.exit = (code) => {
    places ||= placesOf(new Error('exit'))
    return exit(code)
  }
  return () => places
}

function failureOf(path: string, error: unknown): ModuleFailure {
  if (error instanceof SidelaneError)
    return { kind: 'failed', code: error.code, message: `${error.message}${placesOf(error)}` }
  const { code, message } = (error ?? {}) as Partial<NodeJS.ErrnoException>
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION')
    return { kind: 'usage', message: `${path} is not a JavaScript or TypeScript file` }
  // The first code is Node's, the second jiti's, whose message continues with the require stack.
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND')
    return { kind: 'usage', message: `Cannot import ${path}: ${message?.split('\n')[0]}` }
  const places = placesOf(error) || (error instanceof SyntaxError ? syntaxPlace(path) : '')
  return { kind: 'failed', message: `Cannot import ${path}: ${describeError(error)}${places}` }
}

/** The SyntaxError of an ES module does not say where; `node --check` does, of the module itself. */
function syntaxPlace(path: string): string {
  const { stderr } = spawnSync(process.execPath, ['--check', path], { encoding: 'utf8', env: {} })
  return placesOf({ stack: stderr })
}
