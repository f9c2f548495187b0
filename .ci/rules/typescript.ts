// What the rules of typescript.yaml find (`ruleid:`) and leave (`ok:`), for `semgrep scan --test`.
// Never compiled or run.

// ruleid: code-from-text
eval(text)
// ruleid: code-from-text
const run = new Function('a', text)
// ruleid: code-from-text
import { runInNewContext } from 'node:vm'
// ok: code-from-text
const placement = new FunctionPlacement({ run: text })

// ruleid: shell
exec(`ls ${path}`)
// ruleid: shell
spawn('ls', [path], { stdio: 'pipe', shell: true })
// ok: shell
spawn('ls', [path], { stdio: 'pipe' })
// ok: shell
pattern.exec(text)

// ruleid: payload-in-log
log.write('request', { route, body })
// ruleid: payload-in-log
this.#log.write('request', { route, text: request.payload })
// ruleid: payload-in-log
console.error(payload)
// ruleid: payload-in-log
io.log(`not read: ${body.toString('utf8')}`)
// ok: payload-in-log
log.write('request', { route, in_bytes: payload.length })
// ok: payload-in-log
this.#bytes.write(payload)

// ruleid: unbounded-json
const message = JSON.parse(frame.toString())
// ok: unbounded-json
const value = readStrictly(frame, limits)

try {
  // ruleid: unbounded-json
  use(JSON.parse(text))
} catch (error) {
  // ruleid: message-of-json-error
  throw invalid(`no JSON: ${(error as Error).message}`)
}
try {
  // ruleid: unbounded-json
  use(JSON.parse(text))
} catch (error) {
  // ok: message-of-json-error
  throw invalid('no JSON', { cause: error })
}
try {
  use(readFileSync(path))
} catch (error) {
  // ok: message-of-json-error
  throw invalid((error as Error).message)
}

// ruleid: wall-clock
const end = Date.now() + timeoutMs
// ruleid: wall-clock
const at = new Date().toISOString()
// ok: wall-clock
const due = performance.now() + timeoutMs

// ruleid: backtracking-pattern
new RegExp(source).test(text)
// ok: backtracking-pattern
new RegExp('^[a-z]+$').test(text)

// ruleid: guessable-temporary-file
const file = join(tmpdir(), `sidelane-${pid}`)
// ok: guessable-temporary-file
const folder = mkdtempSync(join(tmpdir(), 'sidelane-'))

// ruleid: listens
server.listen(7443, '0.0.0.0')
// ok: listens
target.addEventListener('abort', stop)

// ruleid: weaker-tls
connect({ host, rejectUnauthorized: false })
// ruleid: weaker-tls
connect({ host, minVersion: 'TLSv1.2' })
// ruleid: own-name-check
connect({ host, checkServerIdentity: () => undefined })
// ok: weaker-tls
connect({ host, minVersion: 'TLSv1.3', rejectUnauthorized: true })
