// Raw HTTP on a socket for the cases of test/vectors/http: bytes in, responses out, and whether the daemon closes.
import { readdirSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { ConditionVariable } from '../support/condition-variable.ts'
import { until } from '../support/until.ts'
import type { DaemonKind } from '../support/daemon.ts'

const folder = fileURLToPath(new URL('../vectors/http/', import.meta.url))

export interface RawResponse {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

interface Expected {
  readonly status: number
  readonly code?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface HttpCase {
  readonly title: string
  readonly send: readonly (string | readonly [string, number])[]
  readonly end?: boolean
  readonly answers: readonly Expected[]
  readonly closes: boolean
  /** Expected of the Node daemon where the daemons may differ. */
  readonly node?: {
    readonly why: string
    /** Only where the parser in Node is older. */
    readonly llhttpBefore?: string
    readonly answers: readonly Expected[]
    readonly closes: boolean
  }
}

export interface HttpVectors {
  readonly lock: object
  readonly cases: readonly HttpCase[]
}

export const httpVectors: readonly (readonly [string, HttpVectors])[] = readdirSync(folder).map((name) => [
  name,
  JSON.parse(readFileSync(`${folder}${name}`, 'utf8')) as HttpVectors,
])

const llhttpBefore = (version: string): boolean =>
  (process.versions['llhttp'] ?? '').localeCompare(version, 'en', { numeric: true }) < 0

/** The cases with what is expected of this daemon. */
export const casesOf = (kind: DaemonKind, cases: readonly HttpCase[]): HttpCase[] =>
  cases.map(({ node, ...common }) => {
    const differs = kind === 'node' && node !== undefined && llhttpBefore(node.llhttpBefore ?? '999')
    return differs ? { ...common, ...node } : common
  })

/** The bytes that a case sends. */
const bytesOf = ({ send }: HttpCase, id: string): Buffer =>
  Buffer.from(
    send
      .map((part) => (typeof part === 'string' ? part : part[0].repeat(part[1])))
      .join('')
      .replace('@ID', `@${id}`)
      .replace('%40ID', `%40${id}`),
    'latin1',
  )

/** A connection that sends bytes and reads responses one by one. */
export class RawHttp {
  readonly socket: Socket
  /** The daemon has ended its side, or cut the connection. */
  closed = false
  #text = ''
  readonly #changed = new ConditionVariable()

  /** `at`: a socket file, or a port of 127.0.0.1. */
  constructor(at: string | number) {
    const place = typeof at === 'string' ? { path: at } : { host: '127.0.0.1', port: at }
    this.socket = connect({ ...place, allowHalfOpen: true })
    this.socket.setEncoding('latin1').on('data', (text: string) => {
      this.#text += text
      this.#changed.notifyAll()
    })
    const close = (): void => {
      this.closed = true
      this.#changed.notifyAll()
    }
    this.socket.on('end', close).on('close', close)
    this.socket.on('error', () => undefined)
  }

  /** Sends the bytes in pieces of that size, one write each. */
  async send(bytes: Buffer, piece: number = bytes.length): Promise<void> {
    for (let at = 0; at < bytes.length && !this.closed; at += piece) {
      const written = new Promise<void>((resolve) => this.socket.write(bytes.subarray(at, at + piece), () => resolve()))
      await Promise.race([written, this.#changed.wait()])
    }
  }

  /** The next response; undefined when the connection ends instead. */
  async response(isHead = false): Promise<RawResponse | undefined> {
    for (;;) {
      const response = this.#take(isHead)
      if (response !== undefined) return response
      if (this.closed) return undefined
      await this.#changed.wait()
    }
  }

  /** Resolves when the daemon closes. */
  async end(): Promise<void> {
    // 30 s: before the timeout of idle connections, 65 s.
    await until(() => this.closed)
  }

  /** Bytes received that are not a complete response. */
  get rest(): string {
    return this.#text
  }

  close(): void {
    this.socket.destroy()
  }

  #take(isHead: boolean): RawResponse | undefined {
    const end = this.#text.indexOf('\r\n\r\n')
    if (end === -1) return undefined
    const [first = '', ...lines] = this.#text.slice(0, end).split('\r\n')
    const headers = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    )
    const size = isHead ? 0 : Number(headers.get('content-length') ?? 0)
    if (this.#text.length < end + 4 + size) return undefined
    const body = this.#text.slice(end + 4, end + 4 + size)
    this.#text = this.#text.slice(end + 4 + size)
    return { status: Number(first.split(' ')[1]), headers, body }
  }
}

/** Plays a case. Returns the result in the form of the expectation. */
export async function play(
  path: string,
  given: HttpCase,
  id: string,
  piece?: number,
): Promise<Pick<HttpCase, 'answers' | 'closes'>> {
  const http = new RawHttp(path)
  try {
    await http.send(bytesOf(given, id), piece)
    if (given.end) http.socket.end()
    const answers: Expected[] = []
    for (const expected of given.answers) {
      const response = await http.response(String(given.send[0]).startsWith('HEAD '))
      if (response === undefined) break
      answers.push(comparable(response, expected))
    }
    if (given.closes) {
      await http.end()
      return { answers, closes: http.rest === '' }
    }
    await http.send(Buffer.from('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'))
    return { answers, closes: (await http.response())?.body !== '{"status":"ok"}' }
  } finally {
    http.close()
  }
}

/** The part of a response that is expected. A code counts only in a complete problem. */
function comparable({ status, headers, body }: RawResponse, expected: Expected): Expected {
  const named = Object.keys(expected.headers ?? {}).map((name) => [name, headers.get(name)])
  return {
    status,
    ...(expected.code !== undefined && { code: codeOf(headers, body, status) }),
    ...(expected.headers !== undefined && { headers: Object.fromEntries(named) as Record<string, string> }),
    ...(expected.body !== undefined && { body }),
  }
}

function codeOf(headers: RawResponse['headers'], body: string, status: number): string {
  const problem = JSON.parse(body) as Record<string, unknown>
  const isComplete =
    headers.get('content-type') === 'application/problem+json' &&
    problem['type'] === `urn:sidelane:${String(problem['code'])}` &&
    typeof problem['title'] === 'string' &&
    problem['status'] === status
  return isComplete ? String(problem['code']) : `not a problem: ${body}`
}
