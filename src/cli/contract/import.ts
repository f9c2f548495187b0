// `sidelane contract import`: writes the contract of a JSON Schema to a lock file.

import { fileURLToPath } from 'node:url'
import { importContract } from '../../contract/import/index.ts'
import { exitCodes, readFileArgs, UsageError, type Command, type OptionTable } from '../command.ts'
import { fileOption } from '../options.ts'
import { expectWritable, writeFileAtomically } from '../output-file.ts'
import { decodeFile } from '../input/decode-input.ts'
import { lockWithTables } from './kept-tables.ts'
import { lockText } from '../../contract/index.ts'
import { readText, toPlain } from '../../json/index.ts'
import { readRegularFileSync } from '../../runtime/regular-file.ts'

const topic = 'contract import'

const help = `sidelane contract import FILE -o LOCK --name NAME [options]

Reads a JSON Schema (2020-12 or draft-07) or an OpenAPI 3.1 document, as JSON, also compressed (gzip, zstd) or UTF-16, and
writes the lock. References to other files are resolved relative to FILE. A rule that a lock cannot have is refused, with all
its places.

  -o, --out LOCK       where to write; "-" is stdout
  --name NAME          the contract's name: letters, digits, ".", "_" and "-"
  --root POINTER       where the payload's schema is: "#/components/schemas/Order"; default: the whole document
  --objects HOW        objects without additionalProperties: loose (undeclared members stay, as JSON Schema has it; the
                       default), strict (they are refused) or strip (they are dropped, as Pydantic and zod do)
  --numbers HOW        integers beyond 2^53 - 1: safe (refused; the default), double (read as the nearest double) or int64
                       (keep 64 bits, also in the schema's own bounds)
  --defaults insert    a missing member gets the "default" of its schema; without it that is an annotation

Examples
  python -c 'import json, app; print(json.dumps(app.Order.model_json_schema()))' > order.schema.json
  sidelane contract import order.schema.json -o order.lock.json --name order
  sidelane contract import openapi.json --root '#/components/schemas/Order' -o order.lock.json --name order
`

const options = {
  out: { value: 'file', short: 'o' },
  name: { value: 'text' },
  root: { value: 'text' },
  objects: { value: ['loose', 'strict', 'strip'] },
  numbers: { value: ['safe', 'double', 'int64'] },
  defaults: { value: ['insert', 'ignore'] },
} as const satisfies OptionTable

export const contractImport: Command = {
  summary: 'write the contract of a JSON Schema or an OpenAPI schema to a lock file',
  help,
  options,
  operands: 'file',
  run(args, io) {
    const { values, file } = readFileArgs(topic, args, options, 'FILE')
    const { out, name, root, objects = 'loose', numbers = 'safe', defaults = 'ignore' } = values
    if (out === undefined) throw new UsageError(topic, 'Expected -o LOCK, or -o - for stdout')
    if (name === undefined) throw new UsageError(topic, 'Expected --name NAME')
    if (objects !== 'loose' && objects !== 'strict' && objects !== 'strip') {
      throw new UsageError(topic, `Expected --objects to be loose, strict or strip, got "${objects}"`)
    }
    if (numbers !== 'safe' && numbers !== 'double' && numbers !== 'int64') {
      throw new UsageError(topic, `Expected --numbers to be safe, double or int64, got "${numbers}"`)
    }
    if (defaults !== 'insert' && defaults !== 'ignore') {
      throw new UsageError(topic, `Expected --defaults to be insert or ignore, got "${defaults}"`)
    }
    const parse = numbers === 'int64' ? readDigits : readJson
    const read = (path: string): unknown => {
      expectWritable(topic, out, path)
      return parse(path)
    }
    const contract = importContract(read(file), {
      name,
      objects,
      numbers,
      defaults,
      uri: file,
      resolve: (uri) => read(uri.startsWith('file:') ? fileURLToPath(uri) : uri),
      ...(root !== undefined && { root }),
    })
    const text = `${lockText(lockWithTables(contract, out, io), 2)}\n`
    if (out === '-') io.print(text)
    else writeFileAtomically(out, text, topic)
    io.log(`${contract.name}: ${out === '-' ? 'lock' : `wrote ${out}`}, id ${contract.id}`)
    return Promise.resolve(exitCodes.ok)
  },
}

function readJson(file: string): unknown {
  const text = textOf(file)
  try {
    return JSON.parse(text) as unknown
  } catch {
    // The engine's own message quotes the file.
    throw notJson(file)
  }
}

const importLimits = { maxBytes: Infinity, maxDepth: 512, maxKeys: Infinity, numbers: 'int64-or-double' } as const

/** With integers of 64 bits as bigints. */
function readDigits(file: string): unknown {
  const read = readText(textOf(file), importLimits)
  if (!read.ok) throw notJson(file)
  return toPlain(read.value)
}

const notJson = (file: string): UsageError => new UsageError(topic, `${file} is not JSON; convert YAML to JSON first`)

const textOf = (file: string): string =>
  Buffer.from(fileOption(topic, () => decodeFile(file, 'schema', readRegularFileSync(file, 'schema')))).toString('utf8')
