// A user who may rename or delete the socket, or a directory above it, can replace the socket. So each directory on the way
// to it must belong to root or to this user, and no other user may write to it.
//
// native/daemon/src/listener/parents.rs is the twin.

import { lstatSync, readlinkSync, statSync, type Stats } from 'node:fs'
import { dirname, join } from 'node:path'
import { socketTexts as texts } from '../tables/daemon-texts.ts'
import { ownUid } from '../util/socket-path.ts'
import { attempt, failure, type ListenError } from './listen-error.ts'

/** As in Linux. */
const maxLinks = 40

/**
 * Throws ListenError unless the socket's directory is safe: it and each directory in which a part of its path is looked up,
 * links followed, belong to root or to this user, and no other user may write to them. Above the last one, the sticky bit is
 * enough where the next part belongs to root or this user, as in /tmp: others cannot rename that. In the last one it is not:
 * others could take the name of the socket while no daemon has it. `allowsOpen`: the operator answers for the writers.
 */
export function checkParents(path: string, allowsOpen: boolean): void {
  const directory = dirname(path)
  const last = attempt(directory, () => statSync(directory, { throwIfNoEntry: false }))
  if (last === undefined) throw failure(texts.noParent, { directory })
  if (!last.isDirectory()) throw failure(texts.parentNotDirectory, { directory })
  checkOwner(directory, last)
  if (isOpen(last) && !allowsOpen) throw othersMayWrite(directory, last)
  const rest = partsOf(directory.startsWith('/') ? directory : `${process.cwd()}/${directory}`)
  let at = '/'
  for (let links = 0; rest.length > 0;) {
    const name = rest.shift() as string
    const stats = attempt(directory, () => lstatSync(at))
    checkOwner(at, stats)
    const next = name === '..' ? dirname(at) : join(at, name)
    const entry = attempt(directory, () => lstatSync(next))
    // Sticky: only the owner of the entry, of the directory, and root may rename it.
    if (isOpen(stats) && !allowsOpen && !((stats.mode & 0o1000) !== 0 && isTrusted(entry)))
      throw othersMayWrite(at, stats)
    if (!entry.isSymbolicLink()) at = next
    else {
      if (++links > maxLinks) throw failure(texts.tooManyLinks, { directory })
      const target = attempt(directory, () => readlinkSync(next))
      if (target.startsWith('/')) at = '/'
      rest.unshift(...partsOf(target))
    }
  }
}

/** `..` stays: behind a link it is not the part before it. */
const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.')

const isTrusted = ({ uid }: Stats): boolean => uid === 0 || uid === ownUid()

const isOpen = ({ mode }: Stats): boolean => (mode & 0o022) !== 0

function checkOwner(directory: string, stats: Stats): void {
  if (!isTrusted(stats)) throw failure(texts.foreignParent, { directory, uid: stats.uid, own: ownUid() })
}

const othersMayWrite = (directory: string, { mode }: Stats): ListenError =>
  failure(texts.othersMayWrite, { directory, mode: (mode & 0o7777).toString(8).padStart(3, '0') })
