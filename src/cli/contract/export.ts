// `sidelane contract export`: writes the contract that a module exports to a lock file.

import { exitCodes, readFileArgs, UsageError, type Command, type OptionTable } from '../command.ts'
import { findContract, moduleOptions } from '../user-module/find-contract.ts'
import { expectWritable, writeFileAtomically } from '../output-file.ts'
import { lockWithTables } from './kept-tables.ts'
import { lockText } from '../../contract/index.ts'

const topic = 'contract export'

const help = `sidelane contract export FILE -o LOCK [--export EXPORT] [--name NAME] [--timeout SECONDS]

Runs FILE (.js, .mjs, .cjs; .ts by the package jiti where it is installed, else by Node from 22.18 on) in a process of its own,
and writes the lock of the exported contract. What FILE prints goes to stderr; its timers and servers end with the import.

  -o, --out LOCK     where to write; "-" is stdout
  --export EXPORT    which export, when FILE has several contracts ("default" for the default one)
  --name NAME        which contract, by the name it was defined with
  --timeout SECONDS  how long the import may take (60)

Exit codes: 0 written, 1 FILE failed (it threw, called process.exit, or a top-level await did not settle) or its contract was
refused, 2 usage error: no such file or package, no contract in it, or several.

The tables of an existing LOCK (sidelane contract train) are kept while the id stays the same.

Examples
  // order.contract.ts
  import * as z from "zod"
  import { defineContract, norm } from "sidelane"
  export const order = defineContract({
    name: "order",
    schema: z.strictObject({ id: z.uuid(), email: norm(z.email(), ["trim", "lower"]) }),
  })

  sidelane contract export order.contract.ts -o order.lock.json
  sidelane contract export contracts.js --export order -o order.lock.json
  sidelane contract export order.contract.ts -o - | git diff --no-index order.lock.json -
`

const options = {
  ...moduleOptions,
  out: { value: 'file', short: 'o' },
} as const satisfies OptionTable

export const contractExport: Command = {
  summary: 'write the contract that a module exports to a lock file',
  help,
  options,
  operands: 'file',
  async run(args, io) {
    const { values, file } = readFileArgs(topic, args, options, 'FILE')
    if (values.out === undefined) throw new UsageError(topic, 'Expected -o LOCK, or -o - for stdout')
    expectWritable(topic, values.out, file)
    const contract = await findContract(file, values, topic)
    const text = `${lockText(lockWithTables(contract, values.out, io), 2)}\n`
    if (values.out === '-') io.print(text)
    else writeFileAtomically(values.out, text, topic)
    io.log(`${contract.name}: ${values.out === '-' ? 'lock' : `wrote ${values.out}`}, id ${contract.id}`)
    const kept = contract.lock.appOnly ?? []
    if (kept.length > 0) io.log(`In the app only, not in the lock: ${kept.join(', ')}`)
    return exitCodes.ok
  },
}
