// The files of docs/deploy as their tools see them.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { daemonKinds, needDaemon, programs } from '../support/daemon.ts'
import { freshFolder } from '../support/folders.ts'
import { needTool } from '../support/tools.ts'
import { deployFile, deployText, pythonProgram, root, runPython, unitValues } from './deploy-kit.ts'

const services = { node: 'sidelane-node', sidelaned: 'sidelaned' } as const

describe.for(daemonKinds)('the units of %s', (kind) => {
  const name = services[kind]
  const [program, script] = {
    node: ['/usr/bin/node', '/opt/sidelane/node_modules/sidelane/dist/daemon.js'],
    sidelaned: ['/usr/local/bin/sidelaned'],
  }[kind]

  test('are valid', (context) => {
    needTool('systemd-analyze', context)
    needDaemon(kind, context)
    const folder = freshFolder()
    const units = [`${name}.service`, `${name}.socket`].map((unit) => {
      const path = join(folder, unit)
      writeFileSync(path, deployText(unit).replace(`ExecStart=${program}`, `ExecStart=${programs[kind][0]}`))
      return path
    })
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], {
      encoding: 'utf8',
    })
    // Units of the machine may have warnings of their own.
    const ours = (stdout + stderr).split('\n').filter((line) => line.includes(name))
    expect([status, ours]).toEqual([0, []])
    expect(
      unitValues(`${name}.service`, 'ExecStart')[0]
        ?.split(' ')
        .slice(0, script === undefined ? 1 : 2),
    ).toEqual(script === undefined ? [program] : [program, script])
  })

  test('are hardened', (context) => {
    needTool('systemd-analyze', context)
    // 0 is the best of 100; a service without any of it has 96.
    const args = ['security', '--offline=true', '--threshold=10', '--no-pager', deployFile(`${name}.service`)]
    const { status, stdout } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
    expect(status, stdout).toBe(0)
    expect(unitValues(`${name}.service`, 'MemoryMax')).toHaveLength(1)
    expect(unitValues(`${name}.service`, 'LimitCORE')).toEqual(['0'])
  })
})

test.each(Object.values(services))('%s: what opens the network opens its firewall too', (name) => {
  const [note = ''] = /^# With --tls-listen[^\n]*(?:\n#[^\n]*)*/m.exec(deployText(`${name}.service`)) ?? []
  expect(unitValues(`${name}.service`, 'IPAddressDeny')).toEqual(['any'])
  for (const setting of ['PrivateNetwork=no', 'AF_INET', 'IPAddressAllow=']) expect(note).toContain(setting)
})

test('the daemon of a unit sees the uids of its clients', () => {
  expect(unitValues('sidelaned.service', 'PrivateUsers')).toEqual([])
})

test('a service has longer to stop than its daemon to drain', () => {
  for (const name of Object.values(services)) {
    const [command = ''] = unitValues(`${name}.service`, 'ExecStart')
    const drainMs = Number(/--drain-ms (\d+)/.exec(command)?.[1])
    expect(Number.parseInt(unitValues(`${name}.service`, 'TimeoutStopSec')[0] ?? '', 10) * 1000).toBeGreaterThan(
      drainMs,
    )
  }
})

test.for(['Dockerfile', 'node.Dockerfile'])('hadolint has nothing against %s', (name, context) => {
  const hadolint = pythonProgram('hadolint', context)
  const { stdout, stderr, status } = spawnSync(hadolint, ['--no-color', deployFile(name)], { encoding: 'utf8' })
  expect([stdout, stderr, status]).toEqual(['', '', 0])
})

test.for(['Dockerfile', 'node.Dockerfile'])(
  '%s makes an image without a shell or root, which checks its health',
  (name) => {
    const [, last = ''] = /^FROM (?!.*\bAS\b)(.*)/ms.exec(deployText(name)) ?? []
    expect(last).toMatch(/^gcr\.io\/distroless\/\S+:nonroot\n/)
    expect(last).toMatch(/^USER 65532:65532$/m)
    // Their shell form would need one.
    expect(last).toMatch(/HEALTHCHECK [^[]*CMD \[/)
    expect(last).toMatch(/^ENTRYPOINT \[/m)
    expect(last).not.toMatch(/^RUN/m)
  },
)

test('sidelaned needs only libraries that its image has', (context) => {
  needDaemon('sidelaned', context)
  needTool('ldd', context)
  const { stdout } = spawnSync('ldd', [programs.sidelaned[0]], { encoding: 'utf8' })
  const names = [...stdout.matchAll(/^\s*(\S+)\s*(?:=>|\()/gm)].map(([, path = '']) => path.split('/').at(-1) ?? '')
  expect(names.length).toBeGreaterThan(2)
  const known = /^(?:linux-vdso|linux-gate|libc|libm|libgcc_s|libdl|libpthread|librt|ld-linux[\w-]*)\.so/
  expect(names.filter((each) => !known.test(each))).toEqual([])
})

test.for(['1.30', '1.37'])('the manifests follow the schemas of Kubernetes %s', (version, context) => {
  const source = `
import sys, yaml, kubernetes_validate
for document in yaml.safe_load_all(open(sys.argv[1])):
    print(kubernetes_validate.validate(document, sys.argv[2], strict=True))`
  expect(runPython('kubernetes_validate', source, [deployFile('kubernetes.yaml'), version], context)).toBe(
    `${version}\n`,
  )
})

interface Container {
  readonly name: string
  readonly restartPolicy?: string
  readonly args?: readonly string[]
  readonly volumeMounts: readonly { readonly name: string; readonly readOnly?: boolean }[]
  readonly [probe: string]: unknown
}

function podSpec(): {
  initContainers: Container[]
  containers: Container[]
  terminationGracePeriodSeconds: number
  enableServiceLinks?: boolean
} {
  const [deployment] = parseAllDocuments(deployText('kubernetes.yaml')).map((one) => one.toJS() as never)
  return (deployment as unknown as { spec: { template: { spec: ReturnType<typeof podSpec> } } }).spec.template.spec
}

test('the daemon of a pod is a native sidecar, whose socket nobody else can replace', () => {
  const { initContainers, containers, terminationGracePeriodSeconds, enableServiceLinks } = podSpec()
  // The kubelet would set SIDELANED_SERVICE_HOST, which is no option, for a Service of that name.
  expect(enableServiceLinks).toBe(false)
  const [sidecar] = initContainers
  expect(sidecar?.restartPolicy).toBe('Always')
  expect(sidecar?.['startupProbe']).toBeDefined()
  expect(JSON.stringify(sidecar?.['livenessProbe'])).toContain('--live')
  // --allow-open-directory depends on it.
  for (const { volumeMounts } of containers) {
    expect(volumeMounts.filter(({ name }) => name === 'socket').map(({ readOnly }) => readOnly)).toEqual([true])
  }
  const drainMs = Number(sidecar?.args?.find((arg) => arg.startsWith('--drain-ms='))?.split('=')[1])
  expect(terminationGracePeriodSeconds * 1000).toBeGreaterThan(drainMs + 5000)
})

test('compose.yaml names what is there, and its daemon has longer to stop than to drain', () => {
  const { services: all } = parse(deployText('compose.yaml')) as {
    services: Record<
      string,
      { build?: { context: string; dockerfile: string }; command?: string[]; stop_grace_period?: string }
    >
  }
  const { build, command = [], stop_grace_period: grace = '' } = all['sidelane'] ?? {}
  expect(join(deployFile('.'), build?.context ?? '', build?.dockerfile ?? '')).toBe(
    join(root, 'docs/deploy/Dockerfile'),
  )
  expect(Number.parseInt(grace, 10) * 1000).toBeGreaterThan(Number(command[command.indexOf('--drain-ms') + 1]))
})

test('compose.yaml is valid', (context) => {
  needTool('docker', context)
  if (spawnSync('docker', ['compose', 'version']).status !== 0) context.skip('docker has no compose plugin')
  const { status, stderr } = spawnSync(
    'docker',
    ['compose', '--file', deployFile('compose.yaml'), 'config', '--quiet'],
    {
      encoding: 'utf8',
    },
  )
  expect(status, stderr).toBe(0)
})

test('every flag and variable in the files is one of the daemon', () => {
  const { stdout: help } = spawnSync(process.execPath, [join(root, 'dist/daemon.js'), '--help'], { encoding: 'utf8' })
  const flags = new Set(help.match(/--[a-z][a-z-]*/g))
  const ofOthers = new Set([
    '--live',
    '--tag',
    '--file',
    '--filename',
    '--from-file',
    '--directory',
    '--owner',
    '--group',
    '--mode',
    '--version',
  ])
  const ofNpm = new Set(['--no-save', '--omit', '--no-audit', '--no-fund'])
  const ofDocker = new Set(['--interval', '--timeout', '--start-period', '--retries', '--from', '--chown'])
  const files = [
    'sidelaned.service',
    'sidelane-node.service',
    'Dockerfile',
    'node.Dockerfile',
    'compose.yaml',
    'kubernetes.yaml',
  ]
  for (const name of files) {
    const text = deployText(name)
    const used = [...(text.match(/(?<![\w-])--[a-z][a-z-]*/g) ?? [])]
    const unknown = used.filter((flag) => ![flags, ofOthers, ofNpm, ofDocker].some((known) => known.has(flag)))
    expect([name, unknown]).toEqual([name, []])
    for (const variable of text.match(/SIDELANED_[A-Z_]+/g) ?? []) {
      const flag = `--${variable.slice('SIDELANED_'.length).toLowerCase().replaceAll('_', '-')}`
      expect([name, variable, flags.has(flag) || flags.has(flag.replace(/s$/, ''))]).toEqual([name, variable, true])
    }
  }
})
