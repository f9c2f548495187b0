// What an error of Redis or of its client means, as a fault of sidelane. The errors of ioredis hold the arguments of their
// command, the password of AUTH included, so they are never passed on: neither as a cause nor in a message.

import { SidelaneError, type FaultCode } from '../model/index.ts'

/** `params.reason` of a fault. */
export type RedisReason =
  | 'redis.unreachable'
  | 'redis.auth'
  | 'redis.memory'
  | 'redis.readonly'
  | 'redis.busy'
  | 'redis.version'
  | 'redis.error'

interface Meaning {
  readonly pattern: RegExp
  readonly reason: RedisReason
  readonly code: FaultCode
  readonly text: string
}

const meanings: readonly Meaning[] = [
  {
    pattern: /\bOOM command not allowed/,
    reason: 'redis.memory',
    code: 'overloaded',
    text: 'has no memory left (maxmemory), and refuses writes',
  },
  {
    pattern: /\b(?:NOAUTH|WRONGPASS|NOPERM)\b|invalid password|without any password configured/,
    reason: 'redis.auth',
    code: 'unavailable',
    text: 'refuses the user or the password, or the user lacks a permission',
  },
  {
    pattern: /\bREADONLY\b|\bNOREPLICAS\b/,
    reason: 'redis.readonly',
    code: 'unavailable',
    text: 'accepts no writes: it is a replica, or lacks its replicas',
  },
  {
    pattern: /\b(?:LOADING|BUSY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MISCONF)\b/,
    reason: 'redis.busy',
    code: 'unavailable',
    text: 'is loading its data, runs a long script, or cannot save',
  },
  {
    pattern:
      /Connection is closed|connection close|isn't writeable|isn't writable|max retries per request|sentinels are unreachable|Command timed out|ECONN|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT|EHOST|ENETUNREACH|ENOENT|EACCES|socket|timeout|certificate|SSL|TLS/i,
    reason: 'redis.unreachable',
    code: 'unavailable',
    text: 'does not answer',
  },
]

/** The fault of an error that a command or a connection had. */
export function redisFault(error: unknown, address: string): SidelaneError {
  if (error instanceof SidelaneError) return error
  const text = textOf(error)
  const meaning = meanings.find(({ pattern }) => pattern.test(text))
  const { code = 'unavailable', reason = 'redis.error', text: what = `failed: ${text}` } = meaning ?? {}
  const detail = reason === 'redis.unreachable' ? codeOf(error) : ''
  return new SidelaneError(code, {
    message: `The Redis at ${address} ${what}${detail}.`,
    params: { reason, address },
    ...(code === 'overloaded' && { retryAfterMs: 1000 }),
  })
}

/** The first words: some errors of Redis quote the arguments behind them, and one of JSON quotes what it has read. */
function textOf(error: unknown): string {
  if (error instanceof SyntaxError) return 'it has a value that is no JSON'
  const { code = '', message = String(error) } = (error ?? {}) as { code?: unknown; message?: unknown }
  const line = String(message).split('\n', 1)[0] ?? ''
  return `${typeof code === 'string' ? code : ''} ${line.replace(/,? with args beginning with.*/, '')}`
    .trim()
    .slice(0, 200)
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? ` (${code})` : ''
}
