// Which packages do movable work, by the name of the package.

import type { MovableCategory } from './record.ts'

const packages: Readonly<Record<Exclude<MovableCategory, 'sidelane'>, string>> = {
  parse:
    'secure-json-parse @hapi/bourne json5 jsonc-parser JSONStream stream-json json-bigint lossless-json simdjson destr',
  stringify:
    'fast-json-stringify safe-stable-stringify fast-safe-stringify json-stringify-safe fast-json-stable-stringify ' +
    'json-stable-stringify json-stringify-deterministic canonicalize @stablelib/json json-canonicalize',
  validation:
    'zod ajv ajv-formats ajv-errors ajv-keywords typebox @sinclair/typebox valibot joi @hapi/joi @sideway/address ' +
    '@sideway/formula @sideway/pinpoint yup class-validator class-transformer validator superstruct io-ts runtypes arktype ' +
    '@ark/schema @ark/util @effect/schema fastest-validator jsonschema is-my-json-valid @exodus/schemasafe ' +
    '@cfworker/json-schema @hyperjump/json-schema myzod ow express-validator @vinejs/vine @vinejs/compiler typia ' +
    'computed-types decoders @badrap/valita',
  compression:
    'fflate pako zlibjs snappy snappyjs lz4js lz4-napi lz-string brotli brotli-wasm @mongodb-js/zstd zstd-codec zstd-napi ' +
    'fzstd compressjs',
  hashing:
    'object-hash hash.js js-sha256 js-sha512 js-sha1 js-md5 sha.js md5 md5.js blakejs blake3 hash-wasm xxhash-wasm xxhashjs ' +
    '@noble/hashes crypto-js bcryptjs bcrypt argon2 murmurhash murmurhash3js imurmurhash node-object-hash ohash jssha ' +
    'create-hash crc-32 buffer-crc32',
}

const categories = new Map(
  Object.entries(packages).flatMap(([category, names]) =>
    names.split(' ').map((name) => [name, category as MovableCategory] as const),
  ),
)

/** What calls the code of the app: work below one of these is not work of the library above. */
const frameworks = new Set([
  'express',
  'router',
  'connect',
  'fastify',
  '@fastify/middie',
  'hono',
  '@hono/node-server',
  'koa',
  'koa-compose',
  '@nestjs/core',
  'restify',
  'next',
  '@hapi/hapi',
])

export const categoryOf = (name: string): MovableCategory | undefined => categories.get(name)

export const isFramework = (name: string): boolean => frameworks.has(name)

/** The package that a file belongs to; undefined: it lies in no node_modules. */
export function packageOf(file: string): string | undefined {
  const at = file.lastIndexOf('node_modules/')
  if (at === -1) return undefined
  const parts = file.slice(at + 'node_modules/'.length).split('/')
  return parts[0]?.startsWith('@') ? `${parts[0]}/${parts[1]}` : parts[0]
}

/** Work of Node's own modules on the main thread. zlib's and crypto's asynchronous functions work on libuv's threads. */
export function builtinOf(url: string): { readonly category: MovableCategory; readonly name: string } | undefined {
  if (url === 'node:zlib') return { category: 'compression', name: url }
  if (url.startsWith('node:internal/crypto/') || url === 'node:crypto')
    return { category: 'hashing', name: 'node:crypto' }
  return undefined
}
