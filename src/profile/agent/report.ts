// Where a preloaded agent writes. All files are opened before the app runs, because it may drop its privileges afterwards.

import { closeSync, fstatSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { agentFiles, type RawProfile } from '../raw.ts'

export interface Report {
  /** The command asks all windows to end. */
  isStopped(): boolean
  /** Once; never fails: the command reads why there is no profile. */
  write(raw: RawProfile): void
}

/** Undefined where the process may not write there, or the folder is gone. */
export function openReport(folder: string): Report | undefined {
  const opened: number[] = []
  const open = (name: string, flags: string): number => {
    const file = openSync(join(folder, name), flags)
    opened.push(file)
    return file
  }
  const close = (): void => {
    for (const file of opened.splice(0)) closeSync(file)
  }
  try {
    const stop = open(agentFiles.stop, 'r')
    const profile = open(`${process.pid}${agentFiles.profile}`, 'w')
    const state = open(`${process.pid}${agentFiles.state}`, 'w')
    // With a block of its own the file takes the next line on a disk that is full.
    writeFileSync(state, 'started\n')
    return {
      isStopped: () => opened.length > 0 && fstatSync(stop).size > 0,
      write(raw) {
        try {
          writeFileSync(state, `${writeProfile(profile, raw)}\n`)
        } catch {
          // The command sees that the process has ended.
        }
        close()
      },
    }
  } catch {
    close()
    return undefined
  }
}

/** Returns the state to note. */
function writeProfile(file: number, raw: RawProfile): string {
  try {
    writeFileSync(file, JSON.stringify(raw))
    return raw.endedEarly ? 'exited' : 'done'
  } catch (error) {
    return `failed ${(error as Error).message}`
  }
}
