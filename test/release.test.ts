// The release workflow against package.json: the same targets, each built, checked, signed and published; pinned actions.
import { readdirSync, readFileSync } from 'node:fs'
import { parseTriple } from '@napi-rs/cli'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

interface Step {
  readonly name?: string
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}

interface Job {
  readonly needs?: string
  readonly if?: string
  readonly permissions?: Readonly<Record<string, string>>
  readonly strategy?: {
    readonly matrix: {
      readonly platform?: readonly string[]
      readonly node?: readonly number[]
      readonly include: readonly Readonly<Record<'target' | 'platform' | 'host', string>>[]
    }
  }
  readonly steps: readonly Step[]
}

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const text = read('.github/workflows/release.yml')
const { jobs, permissions } = parse(text) as { jobs: Record<string, Job>; permissions: object }
const packageJson = JSON.parse(read('package.json')) as {
  version: string
  engines: { node: string }
  optionalDependencies?: object
  napi: { targets: string[] }
}
const { targets } = packageJson.napi
const platforms = targets.map((target) => parseTriple(target).platformArchABI).sort()
const runsOf = (job: string): string => jobs[job]?.steps.map(({ run }) => run ?? '').join('\n') ?? ''

test('each target is built on one machine', () => {
  const built = jobs['build']?.strategy?.matrix.include ?? []
  expect(built.map(({ target }) => target).sort()).toEqual([...targets].sort())
  for (const { target, platform } of built) expect(platform).toBe(parseTriple(target).platformArchABI)
  expect(runsOf('build')).toContain('node native/build.mjs --target ${{ matrix.target }}')
})

test('cargo is installed before the engines are packed with the licence texts of their crates', () => {
  const runs = runsOf('pack')
  expect(runs.indexOf('rustup default')).toBeGreaterThanOrEqual(0)
  expect(runs.indexOf('rustup default')).toBeLessThan(runs.indexOf('node native/pack-engines.mjs'))
})

test('each platform is checked on a machine of its own before anything is published', () => {
  const { platform = [], include = [] } = jobs['check']?.strategy?.matrix ?? {}
  expect([...platform].sort()).toEqual(platforms)
  const promised = [...packageJson.engines.node.matchAll(/(?:\^|>=)(\d+)/g)].map(([, major]) => Number(major))
  expect(jobs['check']?.strategy?.matrix.node).toEqual(promised)
  expect(include.map((row) => row.platform).sort()).toEqual(platforms)
  for (const { platform: name, host } of include) {
    expect([name, host]).toEqual([name, expect.stringMatching(hostOf(name))])
  }
  expect(runsOf('check')).toContain('node native/check-engine.mjs packed ${{ matrix.platform }}')
  expect([jobs['pack']?.needs, jobs['check']?.needs, jobs['publish']?.needs]).toEqual(['build', 'pack', 'check'])
})

const hostOf = (platform: string): RegExp => {
  const [os, arch] = platform.split('-')
  if (os === 'darwin') return arch === 'x64' ? /^macos-.*intel$/ : /^macos-\d+$/
  if (os === 'win32') return arch === 'x64' ? /^windows-\d+$/ : /^windows-.*arm$/
  return arch === 'x64' ? /^ubuntu-[\d.]+$/ : /^ubuntu-.*arm$/
}

test('the packages are published with provenance, for tags alone, by the only job that may write', () => {
  expect(permissions).toEqual({ contents: 'read' })
  const writers = Object.entries(jobs).filter(([, job]) => job.permissions !== undefined)
  expect(writers.map(([name]) => name)).toEqual(['publish'])
  expect(jobs['publish']?.permissions).toEqual({ contents: 'write', 'id-token': 'write', attestations: 'write' })
  expect(jobs['publish']?.if).toBe("startsWith(github.ref, 'refs/tags/v')")
  expect(runsOf('publish')).toMatch(/npm publish .*--provenance --access public/)
  expect(runsOf('pack')).toContain('napi pre-publish')
  expect(packageJson.optionalDependencies).toBeUndefined()
})

test('each file of the release is signed before it is published: packages, sidelaned, bills of materials', () => {
  const steps = jobs['publish']?.steps ?? []
  const at = (isMeant: (step: Step) => boolean): number => steps.findIndex(isMeant)
  const signing = at(({ uses }) => uses?.startsWith('actions/attest-build-provenance@') === true)
  expect(String(steps[signing]?.with?.['subject-path']).trim().split(/\s+/)).toEqual(['packed/*.tgz', 'release/*'])
  expect(signing).toBeLessThan(at(({ run }) => run?.includes('npm publish') === true))
  expect(signing).toBeGreaterThan(at(({ run }) => run?.includes('release/sidelaned-') === true))
  expect(runsOf('pack')).toContain('node native/sbom.mjs sbom')
  // Licence texts too.
  expect(jobs['pack']?.steps.some((step) => step.with?.['name'] === 'sbom' && step.with['path'] === 'sbom/*')).toBe(
    true,
  )
  expect(steps.some((step) => step.with?.['name'] === 'sbom' && step.with['path'] === 'release')).toBe(true)
  expect(steps.at(-1)?.run).toContain('gh release upload "$GITHUB_REF_NAME" --clobber release/*')
})

test.each(readdirSync(new URL('../.github/workflows', import.meta.url)))(
  'the actions of %s are pinned by commit',
  (file) => {
    const workflow = parse(read(`.github/workflows/${file}`)) as { jobs: Record<string, Job>; permissions: object }
    const used = Object.values(workflow.jobs).flatMap(({ steps }) => steps.flatMap(({ uses }) => uses ?? []))
    expect(used.length).toBeGreaterThan(0)
    for (const action of used) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/)
    expect(workflow.permissions).toEqual({ contents: 'read' })
  },
)

test('the scripts that it runs are there', () => {
  const scripts = [...text.matchAll(/node (native\/[\w-]+\.mjs)/g)].map(([, path]) => path as string)
  expect(new Set(scripts)).toEqual(
    new Set(['native/build.mjs', 'native/pack-engines.mjs', 'native/check-engine.mjs', 'native/sbom.mjs']),
  )
  for (const path of scripts) expect(read(path)).not.toBe('')
})

test('package.json, Cargo.toml and the lock file have one version: the tag is checked against the first', () => {
  expect(/^version = "(.+)"$/m.exec(read('Cargo.toml'))?.[1]).toBe(packageJson.version)
  expect((JSON.parse(read('package-lock.json')) as { version: string }).version).toBe(packageJson.version)
})
