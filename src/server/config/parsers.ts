// What a value of the daemon's configuration may be: how it is read from text (flags, environment) and from JSON (file),
// and what is expected in words. Which option takes which is in rows.ts.

/** `T`, or undefined for what is none. */
export interface ValueKind<T> {
  /** Completes "Expected `--threads` to be …". */
  readonly expected: string
  readonly text: (text: string) => T | undefined
  readonly json: (value: unknown) => T | undefined
  /** A flag that may be repeated: what two values are together. */
  join?(a: T, b: T): T
  /** The environment has several, with ":" between. */
  readonly many?: boolean
}

export function integer(min: number, max: number): ValueKind<number> {
  const inRange = (value: number): number | undefined =>
    Number.isSafeInteger(value) && value >= min && value <= max ? value : undefined
  return {
    expected: max === Number.MAX_SAFE_INTEGER ? `an integer, at least ${min}` : `an integer from ${min} to ${max}`,
    text: (text) => (/^\d{1,16}$/.test(text) ? inRange(Number(text)) : undefined),
    json: (value) => (typeof value === 'number' ? inRange(value) : undefined),
  }
}

export const share: ValueKind<number> = {
  expected: 'a number from 0 to 1',
  text: (text) => (/^\d+(?:\.\d+)?$/.test(text) ? share.json(Number(text)) : undefined),
  json: (value) => (typeof value === 'number' && value >= 0 && value <= 1 ? value : undefined),
}

export function choice<const T extends string>(...names: readonly T[]): ValueKind<T> {
  const find = (value: unknown): T | undefined => names.find((name) => name === value)
  return { expected: `one of ${names.map((name) => `"${name}"`).join(', ')}`, text: find, json: find }
}

/** A flag without a value; `1` in the environment. */
export const yes: ValueKind<boolean> = {
  expected: '1 or 0',
  text: (text) => (text === '1' ? true : text === '0' ? false : undefined),
  json: (value) => (typeof value === 'boolean' ? value : undefined),
}

const nonEmpty = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && !value.includes('\0') ? value : undefined

export const path: ValueKind<string> = { expected: 'a path', text: nonEmpty, json: nonEmpty }

export const paths: ValueKind<readonly string[]> = {
  expected: 'a path, or in the file an array of paths',
  many: true,
  text: (text) => list(nonEmpty(text)),
  json: (value) => (Array.isArray(value) && value.every((one) => nonEmpty(one) !== undefined) ? value : undefined),
  join: (a, b) => [...a, ...b],
}

export const uids: ValueKind<readonly number[]> = {
  expected: 'a numeric uid, or in the file an array of them',
  many: true,
  text: (text) => list(uid.text(text)),
  json: (value) => (Array.isArray(value) && value.every((one) => uid.json(one) !== undefined) ? value : undefined),
  join: (a, b) => [...a, ...b],
}

const list = <T>(value: T | undefined): T[] | undefined => (value === undefined ? undefined : [value])

/** `NAME=FILE`. */
export const namedFiles: ValueKind<Readonly<Record<string, string>>> = {
  expected: 'NAME=FILE, or in the file an object of paths by contract name',
  many: true,
  text: (text) => {
    const [, name, file] = /^([a-z0-9-]{1,64})=(.+)$/s.exec(text) ?? []
    return name === undefined || file === undefined ? undefined : { [name]: file }
  },
  json: (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((file) => nonEmpty(file) !== undefined)
      ? (value as Record<string, string>)
      : undefined,
  join: (a, b) => ({ ...a, ...b }),
}

/** 0 to 2^32 - 2: the last one means "nobody" to the system. */
export const uid: ValueKind<number> = { ...integer(0, 4_294_967_294), expected: 'a numeric id' }

const octal = (value: unknown): number | undefined =>
  typeof value === 'string' && /^0?[0-6]{3}$/.test(value) && (Number.parseInt(value, 8) & ~0o666) === 0
    ? Number.parseInt(value, 8)
    : undefined

export const socketMode: ValueKind<number> = { expected: 'octal, no more than 0666', text: octal, json: octal }

export interface Address {
  readonly host: string
  readonly port: number
}

const address = (value: unknown): Address | undefined => {
  const [, host, digits] = typeof value === 'string' ? (/^(127\.0\.0\.1|\[::1\]):(\d{1,5})$/.exec(value) ?? []) : []
  const port = Number(digits)
  return host === undefined || port > 65_535 ? undefined : { host: host.replaceAll(/[[\]]/g, ''), port }
}

export const loopback: ValueKind<Address> = {
  expected: '127.0.0.1:PORT or [::1]:PORT',
  text: address,
  json: address,
}
