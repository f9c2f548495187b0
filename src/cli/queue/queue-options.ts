// What `process --queue` and `worker` have in common: the options that name the queue, and the module that needs other packages.

import type * as QueueModule from '../../bullmq/index.ts'
import type { QueuePlace } from '../../bullmq/index.ts'
import { readRegularFileSync } from '../../runtime/regular-file.ts'
import { exitCodes, UsageError } from '../command.ts'
import { fileOption, usageErrorOf } from '../options.ts'
import type { Io } from '../io.ts'

interface QueueOptionTable {
  readonly queue: { readonly value: 'text' }
  readonly 'queue-name': { readonly value: 'text' }
  readonly 'queue-prefix': { readonly value: 'text' }
  readonly 'queue-password-file': { readonly value: 'file' }
}

export const queueOptions: QueueOptionTable = {
  queue: { value: 'text' },
  'queue-name': { value: 'text' },
  'queue-prefix': { value: 'text' },
  'queue-password-file': { value: 'file' },
}

export type QueueValues = Readonly<
  Partial<Record<'queue' | 'queue-name' | 'queue-prefix' | 'queue-password-file', string>>
>

/** `bullmq` and `ioredis` are optional. */
export async function loadQueueModule(topic: string): Promise<typeof QueueModule> {
  try {
    return await import('../../bullmq/index.ts')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause
    const missing = /'([^']+)'/.exec(message)?.[1] ?? 'a package'
    throw new UsageError(topic, `--queue needs the packages bullmq and ioredis: ${missing} is not installed`, { cause })
  }
}

/** Where the queue is. No message here has the URL, which may hold a password. */
export function queuePlace(topic: string, values: QueueValues): QueuePlace {
  const url = parse(values.queue)
  if (url === undefined) throw new UsageError(topic, 'Expected --queue to be a URL such as redis://host:6379')
  const file = values['queue-password-file']
  if (file !== undefined) {
    const bytes = fileOption(topic, () => readRegularFileSync(file, 'password'))
    url.password = encodeURIComponent(
      Buffer.from(bytes)
        .toString('utf8')
        .replace(/\r?\n$/, ''),
    )
  }
  return { connection: url.href, queue: values['queue-name'], prefix: values['queue-prefix'] }
}

function parse(text: string | undefined): URL | undefined {
  try {
    const url = new URL(text ?? '')
    return /^(?:redis|valkey)s?:$/.test(url.protocol) && url.hostname !== '' ? url : undefined
  } catch {
    return undefined
  }
}

/** The exit code, after a message, for a Redis that cannot be used; other errors are thrown, those of options as UsageError. */
export function onUnreachable(topic: string, error: unknown, io: Io): typeof exitCodes.unreachable {
  const { code, message, params } = error as { code?: string; message: string; params?: { reason?: string } }
  if (code !== 'unavailable' || params?.reason?.startsWith('redis.') !== true) throw usageErrorOf(topic, error)
  io.log(`sidelane: ${message}`)
  return exitCodes.unreachable
}
