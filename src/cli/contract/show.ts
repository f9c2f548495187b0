// `sidelane contract show`: prints a lock file. The schema is formatted in schema-tree.ts.

import { lockText, stepBudget } from '../../contract/index.ts'
import type { Contract, LockTables } from '../../model/index.ts'
import { exitCodes, readFileArgs, type Command, type OptionTable } from '../command.ts'
import { formatCount } from '../format-units.ts'
import type { Io } from '../io.ts'
import { contractOption } from '../options.ts'
import { schemaTree } from './schema-tree.ts'

const topic = 'contract show'

const help = `sidelane contract show LOCK [--json]

Checks a lock file as an engine does, and prints its id, codec, tables, digest, limits, worst case, and the fields as a tree
with their normalization.

  --json    one JSON object instead: { id, norms, … } beside the lock's own fields

Examples
  sidelane contract show order.lock.json
  sidelane contract show order.lock.json --json | jq .norms
`

const options = {
  json: {},
} as const satisfies OptionTable

export const contractShow: Command = {
  summary: 'check a lock file and print its contents',
  help,
  options,
  operands: 'file',
  async run(args, io) {
    const { values, file } = readFileArgs(topic, args, options, 'LOCK')
    const contract = contractOption(topic, file)
    io.print(values.json === true ? asJson(contract) : asText(contract, io))
    return exitCodes.ok
  },
}

function asJson({ id, lock, profile }: Contract): string {
  const { steps, states, nodes } = profile.cost
  const norms = schemaTree(lock.schema).flatMap(({ path, norm }) => (norm === undefined ? [] : [{ path, ops: norm }]))
  const shown = { id, ...lock, norms, worstCase: { steps, states, nodes } }
  return `${lockText(shown, 2)}\n`
}

const numbersText = {
  safe: 'safe (integers beyond 2^53 - 1 are refused)',
  double: 'double (large integers are rounded)',
  int64: 'int64 (integers from -2^63 to 2^64 - 1 keep all digits)',
} as const

function asText({ id, lock, profile }: Contract, io: Io): string {
  const { limits, compress, dictionary, appOnly } = lock
  const head: readonly (readonly [string, string])[] = [
    ['id', id],
    ['profile', `${lock.profile}, Unicode ${lock.unicode}`],
    ['numbers', numbersText[lock.numbers]],
    [
      'limits',
      `${formatCount(limits.maxBytes)} bytes, depth ${limits.maxDepth}, ${formatCount(limits.maxKeys)} keys in an object`,
    ],
    [
      'compress',
      [
        compress.codec,
        ...(compress.level === undefined ? [] : [`level ${compress.level}`]),
        ...(dictionary === undefined ? [] : [`dictionary ${dictionary.path}`]),
      ].join(', '),
    ],
    ...(lock.tables === undefined ? [] : [['tables', tablesText(lock.tables)] as const]),
    ['digest', lock.digest],
    ['cost', worstCase(profile)],
    ...(appOnly === undefined || appOnly.length === 0
      ? []
      : [['app only', `outside the lock: ${appOnly.join(', ')}`] as const]),
  ]
  const lines = schemaTree(lock.schema)
  const width = Math.min(36, Math.max(...lines.map(({ depth, label }) => 2 * depth + label.length)))
  return [
    io.style('bold', lock.name),
    ...head.map(([name, text]) => `  ${io.style('dim', name.padEnd(10))}${text}`),
    '',
    ...lines.map(
      ({ depth, label, text }) => `  ${`${'  '.repeat(depth)}${label}`.padEnd(width)}  ${io.style('dim', text)}`,
    ),
    '',
  ].join('\n')
}

/** The sizes that have a table, neighbours as one range. */
function tablesText({ classes }: LockTables): string {
  const rangesOf = (ascii: boolean): string => {
    const ranges: { from: number; to: number }[] = []
    for (const { minBytes, maxBytes } of classes.filter((one) => one.ascii === ascii)) {
      const last = ranges.at(-1)
      if (last?.to === minBytes - 1) last.to = maxBytes
      else ranges.push({ from: minBytes, to: maxBytes })
    }
    return ranges.map(({ from, to }) => `${formatCount(from)} to ${formatCount(to)}`).join(', ')
  }
  const kinds = [
    ['ASCII', rangesOf(true)],
    ['other', rangesOf(false)],
  ] as const
  const parts = kinds.flatMap(([kind, ranges]) => (ranges === '' ? [] : [`${kind} of ${ranges} bytes`]))
  return `${classes.length}, for ${parts.join('; ')}`
}

/** What the most expensive payload costs; parsing the lock has checked that it is within the budget. */
function worstCase({ cost, limits }: Contract['profile']): string {
  const { steps, states, nodes, remembers } = cost
  const parts = [
    `at most ${formatCount(steps)} steps of ${formatCount(stepBudget(limits.maxBytes))}`,
    `${formatCount(states)} states a character`,
    `${formatCount(nodes)} branches a value${remembers ? ', verdicts are remembered' : ''}`,
  ]
  return parts.join('; ')
}
