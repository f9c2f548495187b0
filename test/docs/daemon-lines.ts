// Runs shell snippets with a daemon: the daemon runs in the background during the snippet and must then exit with 0.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './pages.ts'

const daemonLine = /^(?:(?:npx )?sidelane serve|node dist\/daemon\.js|sidelaned)(?= ).*$/gm
const asksOne = /(?:--unix-socket|sidelane (?:ping|stats) --socket) (\S+)/

/** The socket folder in the pages. */
const folderOfPages = '/run/app'

const prelude = `
__pid=
__stop() { [ -z "$__pid" ] || { kill -TERM "$__pid" && wait "$__pid"; __pid=; }; }
__serve() {
  __stop
  # The background shell truncates the log too late, so the log of the previous daemon is removed here.
  rm -f serve.log
  "$@" 2> serve.log &
  __pid=$!
  until grep -qs '"listening"' serve.log; do kill -0 "$__pid" || { cat serve.log >&2; exit 1; }; sleep 0.02; done
}
`

export const hasDaemon = (text: string): boolean => new RegExp(daemonLine, 'm').test(text) || asksOne.test(text)

/** The script to run, with `folder` in place of the folder in the pages. */
export function withDaemons(text: string, folder: string): string {
  if (!hasDaemon(text)) return text
  const own = text
    .replaceAll(/\\\n\s*/g, '')
    .replaceAll(daemonLine, (line) => `__serve ${line.replace(/\s*&\s*$/, '')}`)
  const [, socket] = asksOne.exec(text) ?? []
  // A snippet that only sends requests gets a daemon.
  const started = own.includes('__serve ')
    ? own
    : `__serve sidelane serve --socket ${socket} --contract order.lock.json\n${own}`
  const native = join(root, 'native/sidelaned')
  const node = `node ${join(root, 'dist/daemon.js')}`
  const script = started
    .replaceAll('node dist/daemon.js', node)
    .replaceAll('__serve sidelaned', `__serve ${existsSync(native) ? native : node}`)
    .replaceAll(folderOfPages, folder)
  return `${prelude}${script}\n__stop\n`
}
