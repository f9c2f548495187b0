// `sidelane doctor`: checks the engines and the machine. The checks are in doctor-*.ts.

import { findSidelaned } from '../../util/find-sidelaned.ts'
import { readPackageJson } from '../../util/package-files.ts'
import { tlsHelp, tlsOption, tlsOptions } from '../daemon/tls-options.ts'
import { exitCodes, readValues, type Command, type OptionTable } from '../command.ts'
import type { Check } from './check.ts'
import { checkDaemon } from './daemon.ts'
import { checkCodecs, checkContract, checkEngine, checkSidelaned, loadEngines } from './engines.ts'
import { checkCores, checkCpu, checkDescriptors, checkMemory, checkNode, checkUnicode } from './machine.ts'
import { checkThresholds, selfTest } from './self-test.ts'
import type { Io } from '../io.ts'
import { contractOption, keyOption } from '../options.ts'

const topic = 'doctor'

const help = `sidelane doctor [--json] [--contract LOCK] [--socket PATH]

Shows which engine is used here and why, its codecs, and sidelaned; checks Node, Unicode, processor, cores, memory and
file descriptors; measures the thresholds of placement auto; then processes a sample with each engine inline, in a pool and
in placement auto, and compares the digests. Each line is ok, warn (works, can be improved) or fail (broken), with advice.

  --contract LOCK          also checks whether a contract can be used here
  --socket PATH            or tls://HOST:PORT: also checks whether the daemon there answers and is ready; with --contract,
                           whether it serves this contract
${tlsHelp(25)}
  --digest-key-file FILE   its key, for digest "hmac-sha-256"
  --json                   one JSON object: { ok, version, checks: [{ id, status, found, advice?, details? }] }

Examples
  sidelane doctor
  sidelane doctor --contract order.lock.json --socket /run/app/sidelane.sock
  sidelane doctor --json | jq '.checks[] | select(.status != "ok")'

Exit codes: ${exitCodes.ok} nothing is broken, ${exitCodes.rejected} something is broken, ${exitCodes.usage} usage error.
`

const options = {
  contract: { value: 'file' },
  'digest-key-file': { value: 'file' },
  socket: { value: 'file' },
  ...tlsOptions,
  json: {},
} as const satisfies OptionTable

export const doctor: Command = {
  summary: 'check engine, codecs and machine, and test them',
  help,
  options,
  async run(args, io) {
    const values = readValues(topic, args, options)
    const contract = values.contract === undefined ? undefined : contractOption(topic, values.contract)
    const digestKey = keyOption(topic, values['digest-key-file'])
    const tls = tlsOption(topic, values.socket, values)
    const { version, engines: supported } = readPackageJson()

    const engines = loadEngines()
    const system = systemReport()
    const checks: Check[] = [
      checkNode(process.versions.node, supported.node),
      checkEngine(engines, system.sharedObjects ?? []),
      ...(process.platform === 'win32' ? [] : [checkSidelaned(findSidelaned())]),
      ...checkCodecs(engines),
      ...(contract === undefined ? [] : [checkContract(engines, contract, digestKey)]),
      ...(values.socket === undefined ? [] : await checkDaemon(topic, values.socket, tls, contract, io)),
      checkUnicode(process.versions['unicode']),
      checkCpu(),
      checkCores(),
      checkMemory(),
      checkDescriptors(system.userLimits?.open_files?.soft),
      await checkThresholds(),
      ...(await selfTest(engines.native === undefined ? ['js'] : ['native', 'js'], ['pool', 'inline', 'auto'])),
    ]
    const ok = checks.every(({ status }) => status !== 'fail')
    io.print(
      values.json === true ? `${JSON.stringify({ ok, version, checks }, null, 2)}\n` : asText(checks, version, io),
    )
    return ok ? exitCodes.ok : exitCodes.rejected
  },
}

function asText(checks: readonly Check[], version: string, io: Io): string {
  const width = Math.max(...checks.map(({ id }) => id.length))
  const lines = checks.flatMap(({ id, status, found, advice }) => [
    `${mark(status, io)}  ${id.padEnd(width)}  ${found}`,
    ...(advice === undefined ? [] : [`${' '.repeat(6 + width + 2)}${io.style('dim', `→ ${advice}`)}`]),
  ])
  const of = (status: Check['status']): number => checks.filter((check) => check.status === status).length
  const sum = `${of('ok')} ok, ${of('warn')} to improve, ${of('fail')} broken`
  return [io.style('bold', `sidelane ${version}`), ...lines, '', sum, ''].join('\n')
}

const mark = (status: Check['status'], io: Io): string => io.style(status === 'ok' ? 'dim' : 'bold', status.padEnd(4))

interface SystemReport {
  readonly sharedObjects?: readonly string[]
  readonly userLimits?: { readonly open_files?: { readonly soft?: number | 'unlimited' } }
}

/** Node's diagnostic report lists loaded libraries and limits on every platform. */
function systemReport(): SystemReport {
  const { report } = process as { readonly report?: { excludeNetwork?: boolean; getReport(): object } }
  if (report === undefined) return {}
  // Otherwise the report resolves host names, which takes seconds without a network.
  report.excludeNetwork = true
  return report.getReport()
}
