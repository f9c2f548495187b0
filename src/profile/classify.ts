// Says of each node of V8's call tree what its time is: which category, by which library, called from where. The innermost
// function that is known decides, so a callback of a validator is validation, and JSON.parse in it is parsing.

import { fileURLToPath } from 'node:url'
import { builtinOf, categoryOf, isFramework, packageOf } from './libraries.ts'
import { agentFile, type CallFrame, type CpuNode, type RouteFunction } from './raw.ts'
import { movableCategories, type Category, type MovableCategory } from './record.ts'

export interface Site {
  readonly function: string
  /** Absolute, with `/`; of a package from its name on; of Node `node:…`. */
  readonly file: string
  /** From 1. */
  readonly line: number
}

export interface NodeClass {
  readonly category: Category
  /** Of movable work. */
  readonly library?: string
  readonly site?: Site
  /** Time of the profiler itself; it counts as other JavaScript. */
  readonly isProfiler: boolean
  /** The route whose function is on the stack; -1: none. */
  readonly route: number
}

const movable: ReadonlySet<Category> = new Set(movableCategories)

export const isMovable = (category: Category): category is MovableCategory => movable.has(category)

/** `ownFolder` is where this package's code lies, with `/` at the end. */
export function classifyNodes(
  nodes: readonly CpuNode[],
  routeFunctions: readonly RouteFunction[],
  ownFolder: string,
): ReadonlyMap<number, NodeClass> {
  const parents = new Map<number, CpuNode>()
  for (const node of nodes) for (const child of node.children ?? []) parents.set(child, node)
  const routes = new Map(routeFunctions.map((place) => [placeOf(place), place.route]))
  return new Map(
    nodes.map((node) => {
      const frames: CallFrame[] = []
      for (let at: CpuNode | undefined = node; at !== undefined; at = parents.get(at.id)) frames.push(at.callFrame)
      const route = frames.map((frame) => routes.get(placeOf(frame))).find((found) => found !== undefined) ?? -1
      return [node.id, { ...classify(frames.map((frame) => describe(frame, ownFolder))), route }] as const
    }),
  )
}

const placeOf = ({ scriptId, lineNumber, columnNumber }: Omit<RouteFunction, 'route'>): string =>
  `${scriptId}:${lineNumber}:${columnNumber}`

type Kind = 'meta' | 'agent' | 'native' | 'generated' | 'node' | 'sidelane' | 'package' | 'user'

interface Frame {
  readonly kind: Kind
  readonly name: string
  readonly file: string
  readonly line: number
  /** Of the kind `package`. */
  readonly package?: string
}

function describe({ functionName: name, url, lineNumber }: CallFrame, ownFolder: string): Frame {
  const file = fileOf(url)
  const base = { name, file, line: lineNumber + 1 }
  if (url === '') {
    if (/^\((?:root|program|idle|garbage collector)\)$/.test(name)) return { kind: 'meta', ...base }
    return { kind: lineNumber < 0 ? 'native' : 'generated', ...base }
  }
  if (url.startsWith('node:')) return { kind: 'node', ...base }
  if (file.endsWith(`/${agentFile}`)) return { kind: 'agent', ...base }
  if (file.startsWith(ownFolder)) return { kind: 'sidelane', ...base }
  const owner = packageOf(file)
  if (owner === 'sidelane') return { kind: 'sidelane', ...base }
  return owner === undefined ? { kind: 'user', ...base } : { kind: 'package', package: owner, ...base }
}

function fileOf(url: string): string {
  try {
    return (url.startsWith('file:') ? fileURLToPath(url) : url).replaceAll('\\', '/')
  } catch {
    return url
  }
}

interface Match {
  readonly category: MovableCategory
  readonly library: string
}

/** `frames` begins with the function that ran. */
function classify(frames: readonly Frame[]): Omit<NodeClass, 'route'> {
  const [leaf] = frames
  if (leaf === undefined || leaf.kind === 'meta') return { category: metaCategory(leaf?.name), isProfiler: false }
  if (isOwnWork(frames)) return { category: 'otherJs', isProfiler: true }
  /** The kinds of the frames below the one that is looked at. */
  const passed = new Set<Kind | 'framework'>()
  for (const [at, frame] of frames.entries()) {
    const match = matchOf(frame, frames[at + 1], passed)
    if (match !== undefined) return { ...match, site: siteAbove(frames, at), isProfiler: false }
    passed.add(frame.kind)
    if (frame.package !== undefined && isFramework(frame.package)) passed.add('framework')
  }
  const isNative = leaf.kind === 'native' && !leaf.name.startsWith('RegExp:')
  return { category: isNative ? 'native' : 'otherJs', isProfiler: false }
}

function metaCategory(name: string | undefined): Category {
  if (name === '(idle)') return 'idle'
  return name === '(garbage collector)' ? 'gc' : 'native'
}

/** The agent's functions other than those around JSON, and Node's delivery of the pauses that the agent observes. */
function isOwnWork(frames: readonly Frame[]): boolean {
  const first = frames.find(({ kind }) => kind !== 'native' && kind !== 'node')
  if (first?.kind === 'agent' && jsonCategory(first) === undefined) return true
  return (
    frames.some(({ file }) => file === 'node:internal/perf/observe') &&
    first?.kind !== 'user' &&
    first?.kind !== 'package'
  )
}

function jsonCategory({ kind, name }: Frame): 'parse' | 'stringify' | undefined {
  return kind === 'agent' && (name === 'parse' || name === 'stringify') ? name : undefined
}

function matchOf(frame: Frame, caller: Frame | undefined, passed: ReadonlySet<Kind | 'framework'>): Match | undefined {
  const json = jsonCategory(frame)
  if (json !== undefined) return { category: json, library: `JSON.${json}` }
  const hasCode = passed.has('user') || passed.has('package') || passed.has('generated') || passed.has('sidelane')
  if (frame.kind === 'node' && !hasCode) {
    const builtin = builtinOf(frame.file)
    return builtin && { category: builtin.category, library: builtin.name }
  }
  if (passed.has('framework')) return undefined
  if (frame.kind === 'sidelane')
    return isEngine(frame, caller) ? { category: 'sidelane', library: 'sidelane' } : undefined
  // Ajv's compiled functions; those of other compilers are called by files of their package.
  if (frame.kind === 'generated' && /^validate\d+$/.test(frame.name)) return { category: 'validation', library: 'ajv' }
  if (frame.package === 'fastify' && passed.has('generated') && !passed.has('user')) return ofFastify(frame)
  const category = frame.package === undefined ? undefined : categoryOf(frame.package)
  return category === undefined ? undefined : { category, library: frame.package as string }
}

/**
 * An engine that runs in the inline placement, by the names in placements/inline.ts. What the other placements do on the main
 * thread cannot move: it is the moving.
 */
const isEngine = ({ name }: Frame, caller: Frame | undefined): boolean =>
  name === 'process' && caller?.kind === 'sidelane' && caller.name === 'runAs'

/** Compiled functions that Fastify calls itself. */
function ofFastify({ file }: Frame): Match | undefined {
  if (file.endsWith('/lib/reply.js')) return { category: 'stringify', library: 'fast-json-stringify' }
  return file.endsWith('/lib/validation.js') ? { category: 'validation', library: 'ajv' } : undefined
}

function siteAbove(frames: readonly Frame[], at: number): Site {
  const above = frames.slice(at)
  const match = frames[at] as Frame
  const found =
    above.find(({ kind }) => kind === 'user') ??
    above.find(({ package: owner }) => owner !== undefined && categoryOf(owner) === undefined) ??
    above.findLast(({ kind }) => kind !== 'meta' && kind !== 'agent') ??
    match
  const owned = found.file.lastIndexOf('node_modules/')
  const file = owned === -1 ? found.file : found.file.slice(owned + 'node_modules/'.length)
  return { function: found.name, file, line: found.line }
}
