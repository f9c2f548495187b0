// Which daemon `launch` starts: sidelaned where it can be started, else the Node daemon.

import { existsSync } from 'node:fs'
import { warnOnce } from '#runtime'
import { SidelaneError, type DaemonName, type EngineName } from '../../model/index.ts'
import { faultsOf, findSidelaned } from '../../util/find-sidelaned.ts'
import { packageFile } from '../../util/package-files.ts'

export interface DaemonFile {
  readonly name: Exclude<DaemonName, 'auto'>
  readonly command: string
  /** Arguments before the daemon's own options. */
  readonly args: readonly string[]
}

/**
 * Throws `engine.unavailable` when there is none that can be started, and `options.invalid` for sidelaned with the js engine.
 */
export function findDaemon(daemon: DaemonName, engine: EngineName): DaemonFile {
  if (daemon === 'sidelaned' && engine === 'js') {
    throw new SidelaneError('options.invalid', {
      message: 'Expected `engine` to be "auto" or "native" with sidelaned, got `js` (string)',
    })
  }
  const search = daemon === 'node' || engine === 'js' ? undefined : findSidelaned()
  if (search?.path !== undefined) return { name: 'sidelaned', command: search.path, args: [] }
  const script = packageFile('dist/daemon.js')
  const isNodeThere = daemon !== 'sidelaned' && existsSync(script)
  const faults = search === undefined ? '' : faultsOf(search)
  if (!isNodeThere) {
    const reasons = [faults, daemon === 'sidelaned' ? '' : `${script}: There is no such file.`].filter(Boolean)
    throw new SidelaneError('engine.unavailable', {
      message: `There is no daemon to launch: ${reasons.join('; ')}`,
      params: {
        tried: [...(search?.tried.map(({ path }) => path) ?? []), ...(daemon === 'sidelaned' ? [] : [script])],
      },
    })
  }
  // One that is not installed is no fault.
  if (search?.tried.some(({ isMissing }) => !isMissing)) {
    const message = `sidelane launches its Node daemon, because sidelaned cannot be started. ${faults}`
    warnOnce('SIDELANE_NO_SIDELANED', message)
  }
  return { name: 'node', command: process.execPath, args: [script] }
}
