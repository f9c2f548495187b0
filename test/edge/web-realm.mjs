// Runs dist/edge.js in a realm that has nothing but what browsers and edge workers share. A process of its own, because
// modules in `node:vm` take a flag: node --experimental-vm-modules web-realm.mjs < cases.json > answers.json
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath, pathToFileURL } from 'node:url'
import vm from 'node:vm'

const root = new URL('../../', import.meta.url)
const ownImports = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')).imports

const web = {
  AbortController,
  AbortSignal,
  TextDecoder,
  TextEncoder,
  URL,
  clearTimeout,
  performance,
  queueMicrotask,
  setTimeout,
}
const context = vm.createContext({ ...web })
// As in a real one, what the realm's own encoder gives is of the realm.
vm.runInContext(
  `(Outer) => {
    globalThis.TextEncoder = class {
      encode = (text) => new Uint8Array(new Outer().encode(text))
    }
  }`,
  context,
)(TextEncoder)
const Own = vm.runInContext('Uint8Array', context)
const modules = new Map()

/** Conditions of a runtime that is not Node. */
const conditions = ['import', 'default']

function choose(target) {
  if (typeof target === 'string') return target
  for (const [condition, inner] of Object.entries(target)) if (conditions.includes(condition)) return choose(inner)
  throw new Error(`no file for ${conditions.join(', ')}`)
}

function resolve(specifier, parent) {
  if (specifier.startsWith('.')) return new URL(specifier, parent)
  if (specifier.startsWith('#')) return new URL(choose(ownImports[specifier]), root)
  const [, name, path] = /^((?:@[^/]+\/)?[^/:]+)(.*)$/.exec(specifier) ?? []
  if (name === undefined) throw new Error(`${parent} imports ${specifier}`)
  const home = new URL(`node_modules/${name}/`, root)
  const { exports } = JSON.parse(readFileSync(new URL('package.json', home), 'utf8'))
  return new URL(choose(exports[`.${path}`]), home)
}

function load(url) {
  let module = modules.get(url.href)
  if (module === undefined) {
    module = new vm.SourceTextModule(readFileSync(fileURLToPath(url), 'utf8'), { identifier: url.href, context })
    modules.set(url.href, module)
  }
  return module
}

const edge = load(new URL('dist/edge.js', root))
await edge.link((specifier, parent) => load(resolve(specifier, new URL(parent.identifier))))
await edge.evaluate()
const { createHost, createProcessor, parseContract } = edge.namespace

const host = await createHost()
const codeOf = (error) => ({ fault: error.code ?? String(error) })
const answers = []
for (const { lock, payload, digestKey } of JSON.parse(await text(process.stdin))) {
  const key = digestKey === undefined ? {} : { digestKey: Own.from(Buffer.from(digestKey, 'base64')) }
  try {
    const processor = host.processor(parseContract(JSON.stringify(lock)), key)
    const outcome = await processor.process(new Uint8Array(Buffer.from(payload, 'base64')), { canonical: true })
    const { value: _value, body, canonical, ...rest } = outcome
    answers.push(outcome.ok ? { ...rest, body: base64(body), canonical: base64(canonical) } : outcome)
  } catch (error) {
    answers.push(codeOf(error))
  }
}
const contract = parseContract(JSON.stringify({ profile: 'p1', unicode: '15.0', name: 'a', schema: {} }))
const refused = {}
for (const options of [{ placement: 'pool' }, { engine: 'native' }, { jsCompressor: 'zlib' }]) {
  refused[Object.keys(options)[0]] = await createProcessor(contract, options).then(() => undefined, codeOf)
}

const files = [...modules.keys()].filter((href) => href.startsWith(pathToFileURL(fileURLToPath(root)).href))
console.log(JSON.stringify({ answers, refused, files: files.map((href) => href.slice(root.href.length)) }))

function base64(bytes) {
  return Buffer.from(bytes).toString('base64')
}
