// `sidelane contract`: the group of commands about contracts.

import { dispatch, type Command } from '../command.ts'
import { contractCheck } from './check.ts'
import { contractExport } from './export.ts'
import { contractImport } from './import.ts'
import { contractInfer } from './infer.ts'
import { contractShow } from './show.ts'
import { contractTrain } from './train.ts'

const commands: Readonly<Record<string, Command>> = {
  infer: contractInfer,
  export: contractExport,
  import: contractImport,
  train: contractTrain,
  show: contractShow,
  check: contractCheck,
}

const help = `sidelane contract: contracts and their lock files

Commands
${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  .join('\n')}

Examples
  sidelane contract infer orders.ndjson -o order.contract.js --name order
  sidelane contract export order.contract.ts -o order.lock.json
  sidelane contract import order.schema.json -o order.lock.json --name order
  sidelane contract train --payloads orders.ndjson order.lock.json
  sidelane contract show order.lock.json
  sidelane contract show order.lock.json --json | jq .id
  sidelane contract check order.lock.json --source order.contract.ts

The lock is the contract: commit it, and load it with loadContract('order.lock.json').
`

export const contract: Command = {
  summary:
    'draft a contract, write it to a lock file, read and compare locks (infer, export, import, train, show, check)',
  help,
  options: {},
  commands,
  run: (args, io) => dispatch('contract', commands, help, args, io),
}
