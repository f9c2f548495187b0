// `sidelane contract`: the commands about contracts, one file each.

import { dispatch, type Command } from './command.ts'
import { contractExport } from './contract-export.ts'
import { contractShow } from './contract-show.ts'

const commands: Readonly<Record<string, Command>> = { export: contractExport, show: contractShow }

const help = `sidelane contract: contracts and their lock files

Commands
${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  .join('\n')}

Examples
  sidelane contract export order.contract.ts -o order.lock.json
  sidelane contract show order.lock.json
  sidelane contract show order.lock.json --json | jq .id

The lock is the contract: commit it, and load it with loadContract('order.lock.json').
`

export const contract: Command = {
  summary: 'write a contract to a lock file, or read one (export, show)',
  help,
  run: (args, io) => dispatch('contract', commands, help, args, io),
}
