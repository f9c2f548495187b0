// The options of the daemon: where they come from, what is refused, and that the page lists them.
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
    readFile: (path) => {
      if (file === undefined) throw new Error(`no file ${path}`)
      return typeof file === 'string' ? file : JSON.stringify(file)
    },
  })

const settle = (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ReturnType<typeof resolveSettings> =>
  resolveSettings(read(['--contract', 'a.lock.json', ...args], { env }).options, env)

describe('options', () => {
  test('a flag wins over the environment, the environment over the file', () => {
    const env = {
      SIDELANED_THREADS: '2',
      SIDELANED_MAX_QUEUE: '20',
      SIDELANED_SPIN_US: '0',
      SIDELANED_CONFIG: 'c.json',
    }
    const file = { threads: 1, maxQueue: 10, maxQueueMs: 100, spinUs: 10 }
    const { options } = read(['--threads', '3'], { env, file })
    expect(options).toMatchObject({ threads: 3, maxQueue: 20, maxQueueMs: 100, spinUs: 0 })
  })

  test('lists come from repeated flags, from the environment with colons, from the file as arrays', () => {
    expect(read(['--contract', 'a', '--contract=b']).options.contracts).toEqual(['a', 'b'])
    expect(read([], { env: { SIDELANED_CONTRACTS: 'a:b' } }).options.contracts).toEqual(['a', 'b'])
    expect(read(['--config', 'f'], { file: { contracts: ['a', 'b'] } }).options.contracts).toEqual(['a', 'b'])
    expect(read(['--contract', 'c'], { env: { SIDELANED_CONTRACTS: 'a:b' } }).options.contracts).toEqual(['c'])
  })

  test('keys go by the name of their contract', () => {
    const files = { order: 'o.key', item: 'i=1.key' }
    expect(
      read(['--digest-key-file', 'order=o.key', '--digest-key-file', 'item=i=1.key']).options.digestKeyFiles,
    ).toEqual(files)
    expect(
      read([], { env: { SIDELANED_DIGEST_KEY_FILES: 'order=o.key:item=i=1.key' } }).options.digestKeyFiles,
    ).toEqual(files)
    expect(read(['--config', 'f'], { file: { digestKeyFiles: files } }).options.digestKeyFiles).toEqual(files)
  })

  test('--socket takes the default path where none follows', () => {
    const env = { XDG_RUNTIME_DIR: '/run/user/1' }
    const place = { kind: 'path', path: '/run/user/1/sidelane/sidelane.sock', isDefault: true }
    expect(settle(['--socket'], env).place).toEqual(place)
    expect(settle(['--socket', '--takeover'], env).place).toEqual(place)
    expect(settle([], env).place).toEqual(place)
    expect(settle(['--socket', 'here.sock'], env).place).toEqual({ kind: 'path', path: 'here.sock', isDefault: false })
  })

  test('the socket of a service manager takes the place of a path', () => {
    const env = { LISTEN_FDS: '1', LISTEN_PID: String(process.pid) }
    expect(settle([], env).place).toEqual({ kind: 'descriptor', descriptor: 3 })
    expect(() => settle(['--socket', 'x'], env)).toThrow('Expected no `--socket`')
    expect(() => settle([], { ...env, LISTEN_FDS: '2' })).toThrow('Expected one socket from LISTEN_FDS, got `2`')
    expect(settle([], { ...env, LISTEN_PID: '1' }).place.kind).toBe('path')
  })

  test('an empty variable is not set', () => {
    expect(read([], { env: { SIDELANED_THREADS: '', OTHER: 'x' } }).options).toEqual({})
  })

  test('help and version win over what is wrong behind them', () => {
    expect(read(['--threads', '2', '--help']).mode).toBe('help')
    expect(read(['--version'], { env: { SIDELANED_NO: '1' } }).mode).toBe('version')
  })

  const refusals: readonly (readonly [string, readonly string[], Sources, string])[] = [
    ['a number out of range', ['--threads', '0'], {}, 'Expected `--threads` to be an integer from 1 to 1024, got `0`'],
    ['a number that is none', ['--threads=2x'], {}, 'Expected `--threads` to be an integer from 1 to 1024, got `2x`'],
    ['a value that is missing', ['--threads'], {}, 'Expected `--threads` to be an integer from 1 to 1024, got nothing'],
    ['a flag with a value', ['--takeover=yes'], {}, 'Expected `--takeover` without a value'],
    ['a flag twice', ['--threads', '1', '--threads', '2'], {}, 'Expected `--threads` once'],
    ['an unknown flag', ['--treads', '1'], {}, 'Unknown option `--treads`'],
    ['a word', ['order.lock.json'], {}, 'Unknown option `order.lock.json`'],
    ['an engine', ['--engine', 'v8'], {}, 'Expected `--engine` to be one of "auto", "native", "js", got `v8`'],
    [
      'a mode with x',
      ['--socket-mode', '0777'],
      {},
      'Expected `--socket-mode` to be octal, no more than 0666, got `0777`',
    ],
    [
      'an address for all',
      ['--metrics-listen', '0.0.0.0:1'],
      {},
      'Expected `--metrics-listen` to be 127.0.0.1:PORT or [::1]:PORT',
    ],
    ['a share', ['--log-sample', '1.5'], {}, 'Expected `--log-sample` to be a number from 0 to 1, got `1.5`'],
    [
      'a variable',
      [],
      { env: { SIDELANED_MAX_QUEUE: '-1' } },
      'Expected `SIDELANED_MAX_QUEUE` to be an integer from 1 to 1000000, got `-1`',
    ],
    ['an unknown variable', [], { env: { SIDELANED_TREADS: '1' } }, 'Unknown variable `SIDELANED_TREADS`'],
    ['a key', ['--config', 'f'], { file: { takeover: 'yes' } }, 'Expected `takeover` in `f` to be 1 or 0, got `"yes"`'],
    ['an unknown key', ['--config', 'f'], { file: { treads: 1 } }, 'Unknown key `treads` in `f`'],
    ['a file in the file', ['--config', 'f'], { file: { config: 'g' } }, 'Unknown key `config` in `f`'],
    ['a file that is no object', ['--config', 'f'], { file: [] }, 'Expected `f` to hold a JSON object'],
    ['a file that is no JSON', ['--config', 'f'], { file: '{' }, 'Cannot read `f`: '],
    ['a file that is not there', ['--config', 'f'], {}, 'Cannot read `f`: no file f'],
  ]

  test.each(refusals)('%s is refused with what was expected', (_title, args, sources, message) => {
    expect(() => read(args, sources)).toThrow(message)
  })

  test('what Node cannot do is refused', () => {
    expect(() => settle(['--allow-uid', '0'])).toThrow('Expected no `--allow-uid`')
  })

  test('a path that the system would cut is refused with its length', () => {
    expect(() => settle(['--socket', `/${'x'.repeat(199)}`])).toThrow('has 200')
  })

  test('without a contract there is nothing to serve', () => {
    expect(() => resolveSettings({}, {})).toThrow('Expected at least one `--contract PATH`')
  })
})

test('docs/daemon.md has a row for each option, with its three names', () => {
  const documented = tableBelow('docs/daemon.md', 'Options')
    .map(([flags = '', env = '', file = '']) => [flags, env, file].map((cell) => /`([^`]+)`/.exec(cell)?.[1]))
    .filter(([, env]) => env !== undefined)
    .map(([flag, env, key]) => `${flag} ${env} ${key ?? 'not in the file'}`)
  const known = optionSpecs.map(({ flag, metavar, env, key, notInFile }) =>
    [flag, ...(metavar === undefined ? [] : [metavar]), env, notInFile ? 'not in the file' : key].join(' '),
  )
  expect(documented).toEqual(known)
})

test('--help names every option', () => {
  const help = daemonHelp('sidelaned')
  expect(optionSpecs.filter(({ flag }) => !help.includes(`\n  ${flag} `)).map(({ flag }) => flag)).toEqual([])
})
