// `npm run sbom`: the documents are valid CycloneDX, and list what is shipped, with licence texts for sidelaned. Cargo may fetch crates of other platforms.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, expect, test } from 'vitest'

interface Component {
  readonly 'bom-ref': string
  readonly name: string
  readonly version: string
  readonly licenses: readonly object[]
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[]
}

interface Bom {
  readonly metadata: { readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

const names = ['sidelane', 'sidelane-engine', 'sidelaned'] as const
const root = new URL('../..', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'sidelane-sbom-'))
const boms = {} as Record<(typeof names)[number], Bom>

beforeAll(() => {
  execFileSync('node', [join(root, 'native/sbom.mjs'), folder])
  for (const name of names) boms[name] = JSON.parse(readFileSync(join(folder, `${name}.cdx.json`), 'utf8')) as Bom
})
afterAll(() => rmSync(folder, { recursive: true }))

const require = createRequire(import.meta.url)
const schemas = join(dirname(require.resolve('@cyclonedx/cyclonedx-library/package.json')), 'res/schema')
const schema = (name: string): object =>
  JSON.parse(readFileSync(join(schemas, `${name}.SNAPSHOT.schema.json`), 'utf8')) as object
// The schemas name formats that Ajv does not have, such as iri-reference.
const ajv = new Ajv({ strict: false, validateFormats: false })
for (const name of ['spdx', 'jsf-0.82']) {
  ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`)
}
const validate = ajv.compile(schema('bom-1.5'))

test.each(names)('%s is valid CycloneDX 1.5, and its graph has no loose ends', (name) => {
  expect(validate(boms[name]), ajv.errorsText(validate.errors)).toBe(true)
  expect(validate({ ...boms[name], specVersion: '1.5', components: [{ name: 'no type' }] })).toBe(false)
  const { metadata, components, dependencies } = boms[name]
  const known = new Set([metadata.component, ...components].map((part) => part['bom-ref']))
  expect(dependencies.map(({ ref }) => ref).filter((ref) => !known.has(ref))).toEqual([])
  const reached = new Set([metadata.component['bom-ref'], ...dependencies.flatMap(({ dependsOn }) => dependsOn)])
  // What dist contains hangs from the package, as what it depends on does.
  expect([...known].filter((ref) => !reached.has(ref))).toEqual([])
})

test('each part has a licence, and all that comes from a registry a checksum', () => {
  for (const name of names) {
    for (const part of boms[name].components) {
      expect([part.name, part.licenses.length]).toEqual([part.name, 1])
      const isOwn = /^sidelane(-|$)/.test(part.name)
      expect([part.name, part.hashes?.[0]?.content]).toEqual([
        part.name,
        isOwn ? undefined : expect.stringMatching(/^([0-9a-f]{64}|[0-9a-f]{128})$/),
      ])
    }
  }
})

test('each document has the version of the release, and its parts', () => {
  const { version, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string
    dependencies: object
  }
  for (const name of names) {
    const { component } = boms[name].metadata
    expect([component.name, component.version]).toEqual([name, version])
  }
  const parts = (name: (typeof names)[number]): string[] => boms[name].components.map((part) => part.name)
  expect(parts('sidelane')).toEqual(expect.arrayContaining([...Object.keys(dependencies), '@noble/hashes']))
  expect(parts('sidelane')).not.toContain('vitest')
  expect(parts('sidelane-engine')).toEqual(expect.arrayContaining(['napi', 'ring', 'zstd-sys', 'libdeflate-sys']))
  expect(parts('sidelaned')).toEqual(expect.arrayContaining(['tokio', 'ring', 'sidelane-core']))
  // Of tests, of build scripts, and of the other binary.
  for (const other of ['flate2', 'cc', 'napi']) expect(parts('sidelaned')).not.toContain(other)
})

test('the licence texts are those of the crates in sidelaned, on each platform that has it', () => {
  const notices = readFileSync(join(folder, 'sidelaned.THIRD-PARTY.txt'), 'utf8')
  const missing = boms.sidelaned.components.filter(({ name, version }) => !notices.includes(`${name} ${version}`))
  // Ours, and procedural macros with what these depend on.
  const notLinked = /^(?:sidelane-\w+|tokio-macros|proc-macro2|quote|syn|unicode-ident)$/
  expect(missing.map(({ name }) => name).filter((name) => !notLinked.test(name))).toEqual([])
  expect(notices).not.toMatch(/\b(?:napi|syn) \d/)
})
