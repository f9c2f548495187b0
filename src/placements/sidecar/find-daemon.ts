// Which daemon `launch` starts: the built files of this package.

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { SidelaneError, type DaemonName, type EngineName } from '../../model/index.ts'

export interface DaemonFile {
  readonly name: Exclude<DaemonName, 'auto'>
  readonly command: string
  /** Arguments before the daemon's own options. */
  readonly args: readonly string[]
}

/** A file of the package, from dist/placements/sidecar and from src/placements/sidecar alike. */
const packageFile = (name: string): string => fileURLToPath(new URL(`../../../${name}`, import.meta.url))

/** Throws `engine.unavailable` when the file is missing, and `options.invalid` for sidelaned with the js engine. */
export function findDaemon(daemon: DaemonName, engine: EngineName): DaemonFile {
  if (daemon === 'sidelaned' && engine === 'js') {
    throw new SidelaneError('options.invalid', {
      message: 'Expected `engine` to be "auto" or "native" with sidelaned, got `js` (string)',
    })
  }
  const native = { name: 'sidelaned', command: packageFile('native/sidelaned'), args: [] } as const
  const script = packageFile('dist/daemon.js')
  const node = { name: 'node', command: process.execPath, args: [script] } as const
  const tried: string[] = []
  if (daemon !== 'node' && engine !== 'js') {
    if (existsSync(native.command)) return native
    tried.push(native.command)
  }
  if (daemon !== 'sidelaned') {
    if (existsSync(script)) return node
    tried.push(script)
  }
  throw new SidelaneError('engine.unavailable', {
    message: `There is no daemon to launch: ${tried.join(' and ')} ${tried.length > 1 ? 'are' : 'is'} not there.`,
    params: { tried },
  })
}
