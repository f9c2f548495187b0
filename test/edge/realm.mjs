// A realm that has nothing but what browsers and edge workers share, and the modules of dist in it, resolved as for a
// runtime that is not Node. Takes a flag: node --experimental-vm-modules.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
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

/** `globals`: more of them. */
export function createRealm(globals = {}) {
  const context = vm.createContext({ ...web, ...globals })
  // As in a real one, what the realm's own encoder gives is of the realm.
  vm.runInContext(
    `(Outer) => {
      globalThis.TextEncoder = class {
        encode = (text) => new Uint8Array(new Outer().encode(text))
      }
    }`,
    context,
  )(TextEncoder)
  const modules = new Map()

  function load(url) {
    let module = modules.get(url.href)
    if (module === undefined) {
      module = new vm.SourceTextModule(readFileSync(fileURLToPath(url), 'utf8'), { identifier: url.href, context })
      modules.set(url.href, module)
    }
    return module
  }

  return {
    Uint8Array: vm.runInContext('Uint8Array', context),
    /** The exports of a file, by its path in the package. */
    async import(file) {
      const module = load(new URL(file, root))
      if (module.status === 'unlinked') {
        await module.link((specifier, parent) => load(resolve(specifier, new URL(parent.identifier))))
      }
      await module.evaluate()
      return module.namespace
    },
    /** The files that were loaded, below the package's folder. */
    files: () =>
      [...modules.keys()].filter((href) => href.startsWith(root.href)).map((href) => href.slice(root.href.length)),
  }
}
