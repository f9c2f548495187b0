// The scripts of `sidelane completion`, run by the shells themselves.

import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sidelane, temporaryFiles } from '../support/cli.ts'
import { needTool } from '../support/tools.ts'

const file = temporaryFiles()
const written = new Map<string, Promise<string>>()
/** The path of the shell's script. */
const script = (shell: string): Promise<string> => {
  const known =
    written.get(shell) ?? sidelane(['completion', shell]).then(({ stdout }) => file(`sidelane.${shell}`, stdout))
  written.set(shell, known)
  return known
}

mkdirSync(file('files'))
file('files/order.lock.json', '')
file('files/or der.ndjson', '')
const cwd = file('files')

/** What the shell offers after these words; the last one is incomplete. */
type Complete = (path: string, words: readonly string[]) => string[]

const split = (text: string): string[] => text.split('\n').filter((line) => line !== '')

/** Fills the variables that readline gives to the function of `complete -p`. `=` is a word of its own there. */
const inBash: Complete = (path, words) => {
  const code = `source "$1"; shift
    [[ $(complete -p sidelane) == 'complete -F _sidelane sidelane' ]] || exit 9
    COMP_WORDS=(sidelane "$@"); COMP_CWORD=$#; COMP_LINE="sidelane $*"; COMP_POINT=\${#COMP_LINE}
    _sidelane
    printf '%s\\n' "\${COMPREPLY[@]}"`
  const parts = words.flatMap((word) => (word.startsWith('--') ? word.split(/(=)/) : [word]))
  const spoken = parts.at(-1) === '' && parts.at(-2) === '=' ? parts.slice(0, -1) : parts
  return split(execFileSync('bash', ['--norc', '-c', code, 'bash', path, ...spoken], { cwd, encoding: 'utf8' }))
}

/** Within a terminal of zpty, because completion runs only there. */
const inZsh: Complete = (path, words) => {
  const code = `zmodload zsh/zpty
    zpty z zsh -f -i
    ask() { zpty -w z "$1"; }
    ask "PS1=; unsetopt zle_bracketed_paste; unset zle_bracketed_paste; autoload -Uz compinit && compinit -u -D; source $1"
    ask 'zstyle ":completion:*" list-colors ""; LISTMAX=1000; COLUMNS=30; setopt no_list_packed'
    # Each match of compadd is printed, by the real compadd.
    ask 'compadd() { local -a all; builtin compadd -O all "$@"; print -rl -- "<"\${^all}">" >> $OUT; builtin compadd "$@" }'
    ask 'complete-now() { zle expand-or-complete; print -r -- "<end>" >> $OUT }; zle -N complete-now; bindkey "^I" complete-now'
    zpty -w -n z "$2"$'\\t'
    for i in {1..400}; do zpty -r -t z >/dev/null; grep -q '<end>' $OUT 2>/dev/null && break; sleep 0.02; done
    zpty -d z`
  const out = file(`zsh-${Math.random().toString(36).slice(2)}.txt`, '')
  const line = ['sidelane', ...words].join(' ')
  execFileSync('zsh', ['-f', '-c', code, 'zsh', path, line], { cwd, env: { ...process.env, OUT: out, HOME: cwd } })
  const text = execFileSync('cat', [out], { encoding: 'utf8' })
  return [...new Set([...text.matchAll(/^<(.+)>$/gm)].map(([, match]) => match as string))].filter(
    (name) => name !== 'end',
  )
}

const inFish: Complete = (path, words) => {
  const line = ['sidelane', ...words].join(' ')
  const output = execFileSync('fish', ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', path, line], {
    cwd,
    env: { ...process.env, HOME: cwd },
    encoding: 'utf8',
  })
  return split(output).map((one) => one.split('\t')[0] as string)
}

const sorted = (names: readonly (string | undefined)[]): string[] =>
  names.map(String).sort((a, b) => (a < b ? -1 : Number(a > b)))

const completers: Readonly<Record<string, Complete>> = { bash: inBash, zsh: inZsh, fish: inFish }
const bodies = ['base64', 'canonical', 'lines', 'none']

describe.each(Object.entries(completers))('completion of %s', (shell, complete) => {
  it.for<[readonly string[], readonly string[]]>([
    [['pro'], ['process', 'profile']],
    [
      ['contract', ''],
      ['infer', 'export', 'import', 'train', 'show', 'check'],
    ],
    [['contract', 'che'], ['check']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['process', '--bo'], ['--body']],
    [['process', '--body', ''], bodies],
    [['process', '--body', 'b'], ['base64']],
    [['process', '--contract', 'order.'], ['order.lock.json']],
    [['contract', 'show', 'order.'], ['order.lock.json']],
    [['contract', 'infer', 'process', '--obj'], ['--objects']],
    [['process', '--threads', ''], []],
    [['serve', '--daemon', 's'], ['sidelaned']],
    [['serve', '--max-queue-m'], ['--max-queue-ms']],
  ])('offers after %j what may follow', async ([words, expected], context) => {
    needTool(shell, context)
    expect(complete(await script(shell), words).sort()).toStrictEqual(sorted(expected))
  })

  it('knows each command', async (context) => {
    needTool(shell, context)
    const help = (await sidelane(['--help'])).stdout
    const names = [...help.slice(0, help.indexOf('\nExamples')).matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name)
    expect(names).toContain('completion')
    expect(
      complete(await script(shell), [''])
        .filter((name) => !name.startsWith('-'))
        .sort(),
    ).toStrictEqual(sorted(names))
  })
})

describe('completion', () => {
  it.for(['bash', 'fish'])('of %s completes the value of --name=value', async (shell, context) => {
    needTool(shell, context)
    const offered = completers[shell]?.(await script(shell), ['process', '--body=']) ?? []
    expect(offered.map((one) => one.replace('--body=', '')).sort()).toStrictEqual(bodies)
  })

  it('of bash offers files with spaces as they are', async () => {
    expect(inBash(await script('bash'), ['process', '--in', 'or']).sort()).toStrictEqual([
      'or der.ndjson',
      'order.lock.json',
    ])
  })

  it('offers exactly the options of each help', async () => {
    const text = (await sidelane(['completion', 'bash'])).stdout
    const offered = [...text.matchAll(/^ {6}'([a-z ]+)'\) _sidelane_words '(-.*)' ;;$/gm)]
    expect(offered.length).toBeGreaterThan(10)
    for (const [, path, words] of offered) {
      const { status, stdout } = await sidelane([...(path as string).split(' '), '--help'])
      expect(status).toBe(0)
      // The list of options, such as `  -o, --out LOCK` and `  --in FILE, --out FILE`.
      const rows = stdout.split('\n').filter((line) => /^ {2}(?:-\w, )?--/.test(line))
      const named = rows.flatMap((line) =>
        [...(line.split(/ {2,}/)[1] ?? '').matchAll(/(?<![\w-])--?[a-z][a-z-]*/g)].map(([name]) => name),
      )
      const expected = new Set([...named, '--help', '-h'])
      const found = new Set((words as string).split(' '))
      expected.delete('--version')
      expect([path, [...found].sort()]).toStrictEqual([path, [...expected].sort()])
    }
  })

  it.each([
    ['nothing', []],
    ['another shell', ['tcsh']],
    ['two shells', ['bash', 'zsh']],
  ])('exits 2 for %s', async (_, shells) => {
    const { status, stdout, stderr } = await sidelane(['completion', ...shells])
    expect({ status, stdout }).toStrictEqual({ status: 2, stdout: '' })
    expect(stderr).toContain('Expected one of bash, zsh, fish')
  })
})

describe('help', () => {
  it.each(['process', 'contract', 'contract infer', 'completion'])('sidelane help %s is its --help', async (words) => {
    const path = words.split(' ')
    const [byName, byOption] = await Promise.all([sidelane(['help', ...path]), sidelane([...path, '--help'])])
    expect(byName).toStrictEqual(byOption)
    expect(byName).toMatchObject({ status: 0, stdout: expect.stringMatching(new RegExp(`^sidelane ${words}`)) })
  })
})
