// Finds the program of the Rust daemon, which is built or installed together with the addon. Needs Node.

import { accessSync, constants } from 'node:fs'
import { daemonName, engineFiles, reasonOf, type EngineFile } from './engine-files.ts'

export interface SidelanedSearch {
  /** The program that can be started; undefined: none of those that were tried. */
  readonly path: string | undefined
  /** A file that is not there, or is not used. */
  readonly tried: readonly { readonly path: string; readonly error: string; readonly isMissing: boolean }[]
}

export function findSidelaned(): SidelanedSearch {
  const tried: SidelanedSearch['tried'][number][] = []
  // No daemon on Windows: it serves Unix sockets.
  for (const file of process.platform === 'win32' ? [] : engineFiles(daemonName)) {
    const fault = faultOf(file)
    if (fault === undefined) return { path: file.path, tried }
    tried.push({ path: file.path, ...fault })
  }
  return { path: undefined, tried }
}

/** The faults on one line. */
export const faultsOf = ({ tried }: SidelanedSearch): string =>
  tried.map(({ path, error }) => `${path}: ${error}`).join('; ') || 'There is no sidelaned for Windows.'

function faultOf(file: EngineFile): { readonly error: string; readonly isMissing: boolean } | undefined {
  try {
    file.check()
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND'
    return { error: reasonOf(error, file.path), isMissing }
  }
  try {
    accessSync(file.path, constants.X_OK)
    return undefined
  } catch (error) {
    const denied = (error as NodeJS.ErrnoException).code === 'EACCES'
    const chmod = `It is not executable: chmod +x ${file.path}, or its file system is mounted with noexec.`
    return { error: denied ? chmod : reasonOf(error, file.path), isMissing: false }
  }
}
