// The options of the daemon: their sources, invalid values, defaults, and docs/daemon.md.
import { describe, expect, test } from 'vitest'
import { readOptions } from '../../src/server/config/load-config.ts'
import { daemonHelp } from '../../src/server/config/help.ts'
import { optionSpecs } from '../../src/server/config/options.ts'
import { resolveSettings } from '../../src/server/config/settings.ts'
import { tableBelow } from '../docs/pages.ts'

interface Sources {
  readonly env?: Readonly<Record<string, string>>
  readonly file?: unknown
}

const read = (args: readonly string[], { env = {}, file }: Sources = {}): ReturnType<typeof readOptions> =>
  readOptions({
    args,
    env,
    ...(file !== undefined && {
      readFile: () => Promise.resolve(Buffer.from(typeof file === 'string' ? file : JSON.stringify(file))),
    }),
  })

const settle = async (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ReturnType<typeof resolveSettings>> =>
  resolveSettings((await read(['--contract', 'a.lock.json', ...args], { env })).options, env)

describe('options', () => {
  test('a flag overrides the environment, the environment overrides the file', async () => {
    const env = {
      SIDELANED_THREADS: '2',
      SIDELANED_MAX_QUEUE: '20',
      SIDELANED_SPIN_US: '0',
      SIDELANED_CONFIG: 'c.json',
    }
    const file = { threads: 1, maxQueue: 10, maxQueueMs: 100, spinUs: 10 }
    const { options } = await read(['--threads', '3'], { env, file })
    expect(options).toMatchObject({ threads: 3, maxQueue: 20, maxQueueMs: 100, spinUs: 0 })
  })

  test('lists come from repeated flags, from the environment with colons, from the file as arrays', async () => {
    expect((await read(['--contract', 'a', '--contract=b'])).options.contracts).toEqual(['a', 'b'])
    expect((await read([], { env: { SIDELANED_CONTRACTS: 'a:b' } })).options.contracts).toEqual(['a', 'b'])
    expect((await read(['--config', 'f'], { file: { contracts: ['a', 'b'] } })).options.contracts).toEqual(['a', 'b'])
    expect((await read(['--contract', 'c'], { env: { SIDELANED_CONTRACTS: 'a:b' } })).options.contracts).toEqual(['c'])
  })

  test('digest key files are keyed by the name of the contract', async () => {
    const files = { order: 'o.key', item: 'i=1.key' }
    expect(
      (await read(['--digest-key-file', 'order=o.key', '--digest-key-file', 'item=i=1.key'])).options.digestKeyFiles,
    ).toEqual(files)
    expect(
      (await read([], { env: { SIDELANED_DIGEST_KEY_FILES: 'order=o.key:item=i=1.key' } })).options.digestKeyFiles,
    ).toEqual(files)
    expect((await read(['--config', 'f'], { file: { digestKeyFiles: files } })).options.digestKeyFiles).toEqual(files)
  })

  test('--socket without a value means the default path', async () => {
    const env = { XDG_RUNTIME_DIR: '/run/user/1' }
    const place = { kind: 'path', path: '/run/user/1/sidelane/sidelane.sock', isDefault: true }
    expect((await settle(['--socket'], env)).place).toEqual(place)
    expect((await settle(['--socket', '--takeover'], env)).place).toEqual(place)
    expect((await settle([], env)).place).toEqual(place)
    expect((await settle(['--socket', 'here.sock'], env)).place).toEqual({
      kind: 'path',
      path: 'here.sock',
      isDefault: false,
    })
  })

  test('a socket of a service manager replaces the path', async () => {
    const env = { LISTEN_FDS: '1', LISTEN_PID: String(process.pid) }
    expect((await settle([], env)).place).toEqual({ kind: 'descriptor', descriptor: 3 })
    await expect(settle(['--socket', 'x'], env)).rejects.toThrow('Expected no `--socket`')
    await expect(settle([], { ...env, LISTEN_FDS: '2' })).rejects.toThrow(
      'Expected one socket from LISTEN_FDS, got `2`',
    )
    expect((await settle([], { ...env, LISTEN_PID: '1' })).place.kind).toBe('path')
  })

  test('an empty variable counts as not set', async () => {
    expect((await read([], { env: { SIDELANED_THREADS: '', OTHER: 'x' } })).options).toEqual({})
  })

  test('help and version take precedence over invalid options', async () => {
    expect((await read(['--threads', '2', '--help'])).mode).toBe('help')
    expect((await read(['--version'], { env: { SIDELANED_NO: '1' } })).mode).toBe('version')
  })

  const refusals: readonly (readonly [string, readonly string[], Sources, string])[] = [
    ['a number out of range', ['--threads', '0'], {}, 'Expected `--threads` to be an integer from 1 to 1024, got `0`'],
    ['a malformed number', ['--threads=2x'], {}, 'Expected `--threads` to be an integer from 1 to 1024, got `2x`'],
    ['a missing value', ['--threads'], {}, 'Expected `--threads` to be an integer from 1 to 1024, got nothing'],
    ['a switch with a value', ['--takeover=yes'], {}, 'Expected `--takeover` without a value'],
    ['a flag twice', ['--threads', '1', '--threads', '2'], {}, 'Expected `--threads` once'],
    ['an unknown flag', ['--treads', '1'], {}, 'Unknown option `--treads`'],
    ['a positional argument', ['order.lock.json'], {}, 'Unknown option `order.lock.json`'],
    ['an unknown engine', ['--engine', 'v8'], {}, 'Expected `--engine` to be one of "auto", "native", "js", got `v8`'],
    [
      'a mode with execute bits',
      ['--socket-mode', '0777'],
      {},
      'Expected `--socket-mode` to be octal, no more than 0666, got `0777`',
    ],
    [
      'an address that is not loopback',
      ['--metrics-listen', '0.0.0.0:1'],
      {},
      'Expected `--metrics-listen` to be 127.0.0.1:PORT or [::1]:PORT',
    ],
    ['a share above 1', ['--log-sample', '1.5'], {}, 'Expected `--log-sample` to be a number from 0 to 1, got `1.5`'],
    [
      'a variable out of range',
      [],
      { env: { SIDELANED_MAX_QUEUE: '-1' } },
      'Expected `SIDELANED_MAX_QUEUE` to be an integer from 1 to 1000000, got `-1`',
    ],
    ['an unknown variable', [], { env: { SIDELANED_TREADS: '1' } }, 'Unknown variable `SIDELANED_TREADS`'],
    [
      'a key of the wrong type',
      ['--config', 'f'],
      { file: { takeover: 'yes' } },
      'Expected `takeover` in `f` to be 1 or 0, got a string',
    ],
    ['an unknown key', ['--config', 'f'], { file: { treads: 1 } }, 'Unknown key `treads` in `f`'],
    ['a key that may be a secret', ['--config', 'f'], { file: { 'sk-9f1c 7e': 1 } }, 'Unknown key (not shown) in `f`'],
    ['a file that names another file', ['--config', 'f'], { file: { config: 'g' } }, 'Unknown key `config` in `f`'],
    ['a file without an object', ['--config', 'f'], { file: [] }, 'Expected `f` to hold a JSON object'],
    ['a file that is not JSON', ['--config', 'f'], { file: '{' }, 'Expected `f` to hold a JSON object'],
    ['a missing file', ['--config', '/no/f'], {}, 'Cannot read the configuration /no/f: there is no such file'],
  ]

  test.each(refusals)(
    '%s is refused, and the message says what was expected',
    async (_title, args, sources, message) => {
      await expect(read(args, sources)).rejects.toThrow(message)
    },
  )

  test('--allow-uid is refused by the Node daemon', async () => {
    await expect(settle(['--allow-uid', '0'])).rejects.toThrow('Expected no `--allow-uid`')
  })

  test('a path that is too long for a socket is refused with its length', async () => {
    await expect(settle(['--socket', `/${'x'.repeat(199)}`])).rejects.toThrow('has 200')
  })

  test('at least one contract is required', () => {
    expect(() => resolveSettings({}, {})).toThrow('Expected at least one `--contract PATH`')
  })
})

test('docs/daemon.md lists every option with its flag, variable and key', () => {
  const documented = tableBelow('docs/daemon.md', 'Options')
    .map(([flags = '', env = '', file = '']) => [flags, env, file].map((cell) => /`([^`]+)`/.exec(cell)?.[1]))
    .filter(([, env]) => env !== undefined)
    .map(([flag, env, key]) => `${flag} ${env} ${key ?? 'not in the file'}`)
  const known = optionSpecs.map(({ flag, metavar, env, key, notInFile }) =>
    [flag, ...(metavar === undefined ? [] : [metavar]), env, notInFile ? 'not in the file' : key].join(' '),
  )
  expect(documented).toEqual(known)
})

describe('docs/daemon.md shows the default and the range of', () => {
  const rows = tableBelow('docs/daemon.md', 'Options')
  const shown = (value: unknown): string => (typeof value === 'number' ? value.toLocaleString('en-US') : String(value))

  test.each(optionSpecs)('$flag', ({ flag, kind, min, max, default: value, defaultText }) => {
    const [, , , shownDefault = '', about = ''] = rows.find(([cell = '']) => cell.startsWith(`\`${flag}`)) ?? []
    const octal = kind === 'octal-mode' && typeof value === 'number' ? `0${value.toString(8)}` : value
    if (value !== undefined)
      expect(shownDefault.replaceAll('`', '')).toMatch(defaultText === undefined ? shown(octal) : shown(value))
    if (min !== undefined && max !== undefined) expect(about).toContain(`${shown(min)} to ${shown(max)}`)
  })
})

test('--help names every option', () => {
  const help = daemonHelp('sidelaned')
  expect(optionSpecs.filter(({ flag }) => !help.includes(`\n  ${flag} `)).map(({ flag }) => flag)).toEqual([])
})
