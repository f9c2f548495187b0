// The options of the shared tier: their rules, defaults and reasons.

import { check, invalidOptions, msRule, rule, type Rule } from '../model/index.ts'
import { connectionRule, type RedisConnection } from '../redis/index.ts'
import { integer } from '../util/option-parsers.ts'

/** Options of `redisCache`. */
export interface RedisCacheOptions {
  /** The Redis or Valkey: a URL, options of ioredis, or a client of ioredis, which is duplicated. */
  readonly connection: RedisConnection
  /** Lifetime of a result in Redis, in ms, 1 to 2,592,000,000 (30 days). Default 3,600,000 (an hour). */
  readonly ttlMs?: number | undefined
  /** Largest result that is written or read, in bytes, 64 to 67,108,864. Default 262,144 (256 KiB). */
  readonly maxValueBytes?: number | undefined
  /** Longest wait of a call for Redis, in ms, 1 to 1,000. Default 5. */
  readonly timeoutMs?: number | undefined
  /** Longest wait for the first connection, when a host is created, in ms, 1 to 60,000. Default 500. */
  readonly connectTimeoutMs?: number | undefined
  /** What all keys start with: 1 to 64 letters, digits and `_ . : -`. Default "sidelane". */
  readonly prefix?: string | undefined
}

export type RedisCacheSettings = { readonly [K in keyof RedisCacheOptions]-?: NonNullable<RedisCacheOptions[K]> }

const rules: Readonly<Record<keyof RedisCacheOptions, Rule>> = {
  connection: connectionRule,
  ttlMs: msRule(2_592_000_000),
  maxValueBytes: integer(64, 67_108_864),
  timeoutMs: msRule(1000),
  connectTimeoutMs: msRule(60_000),
  prefix: rule('1 to 64 letters, digits and `_ . : -`', (value) => typeof value === 'string' && isPrefix.test(value)),
}

const isPrefix = /^[\w.:-]{1,64}$/

/** Throws `options.invalid`. */
export function resolveRedisCache(options: RedisCacheOptions): RedisCacheSettings {
  check('redisCache', options, rules)
  if (options.connection === undefined) {
    throw invalidOptions(`Expected \`connection\` to be ${connectionRule.expected}, got \`undefined\``)
  }
  return Object.freeze({
    connection: options.connection,
    // Results never become stale; the limit frees those that are no longer used.
    ttlMs: Math.ceil(options.ttlMs ?? 3_600_000),
    maxValueBytes: options.maxValueBytes ?? 262_144,
    timeoutMs: options.timeoutMs ?? 5,
    connectTimeoutMs: options.connectTimeoutMs ?? 500,
    prefix: options.prefix ?? 'sidelane',
  })
}
