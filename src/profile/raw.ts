// What the agent hands over when its window ends: V8's profile and what it needs to be read. Times are milliseconds from the
// start of the window.

/** V8's profile, as `Profiler.stop` returns it. */
export interface CpuProfile {
  readonly nodes: readonly CpuNode[]
  /** Microseconds, of a monotonic clock. */
  readonly startTime: number
  /** Node ids. */
  readonly samples: readonly number[]
  /** Microseconds since the sample before; the first since `startTime`. */
  readonly timeDeltas: readonly number[]
}

export interface CpuNode {
  readonly id: number
  readonly callFrame: CallFrame
  readonly children?: readonly number[]
}

export interface CallFrame {
  readonly functionName: string
  readonly scriptId: string
  /** `file:`, a path (CommonJS), `node:`, or empty: native code, and code that was made of text. */
  readonly url: string
  /** From 0; -1 for native code. */
  readonly lineNumber: number
  readonly columnNumber: number
}

/** Where a function that was registered for a route begins, in the terms of `CallFrame`. */
export interface RouteFunction {
  /** Index into `routes`. */
  readonly route: number
  readonly scriptId: string
  readonly lineNumber: number
  readonly columnNumber: number
}

export interface RawProfile {
  readonly pid: number
  readonly ppid: number
  readonly script: string
  readonly cwd: string
  readonly node: string
  readonly execPath: string
  readonly intervalMicros: number
  readonly startMs: number
  /** Length of the window. */
  readonly windowMs: number
  /** The process ended before its window did. */
  readonly endedEarly: boolean
  readonly requests: number
  readonly nodes: readonly CpuNode[]
  /** Samples of the window: when, how long each stands for, which node, and which route was running (-1: none seen). */
  readonly at: readonly number[]
  readonly lasted: readonly number[]
  readonly sampled: readonly number[]
  readonly routed: readonly number[]
  /** How much of the window, from its start, `routed` is of: beyond many requests it has -1. */
  readonly routedMs: number
  readonly routes: readonly { readonly name: string; readonly requests: number }[]
  readonly routeFunctions: readonly RouteFunction[]
  /** When each tick of the delay probe was due, and how late it was. */
  readonly due: readonly number[]
  readonly late: readonly number[]
  /** Pauses of the garbage collector. */
  readonly gc: readonly number[]
  /** Calls of JSON.parse and JSON.stringify. */
  readonly jsonCalls: number
  /** CPU time of the process and of its main thread in the window; null where the system does not tell that of a thread. */
  readonly cpuMs: number
  readonly mainCpuMs: number | null
  /** Worker threads that started in the window or before it. */
  readonly workers: number
}

/** What the agent is started with, as JSON. */
export interface AgentOptions {
  readonly seconds: number
  readonly intervalMicros: number
  /** The window begins with the first HTTP request; while none comes, when the HTTP server listens; without one, at once. */
  readonly skipsStart: boolean
  /** The inspector was opened for the agent: it is closed after the window. */
  readonly closesInspector?: boolean
  /** Where the agent writes; see `agentFiles`. */
  readonly folder?: string
}

/**
 * Names of the files in the agent's folder, the first two behind the process id. A preloaded agent notes its state by lines:
 * `started`, then `done`, `exited` (the process ended before its window) or `failed REASON`. `stop` is there from the start;
 * what is written to it ends all windows.
 */
export const agentFiles = { profile: '.json', state: '.state', stop: 'stop' } as const

/** Milliseconds between two ticks of the delay probe. */
export const probeMs = 10

/** The environment variable with the agent's options. */
export const agentVariable = 'SIDELANE_PROFILE'

/** The symbol under which `globalThis` has the agent of `--pid`, so that there is one at a time. */
export const agentSlot = 'sidelane.profile.agent'

/** How the agent's own file is called in a profile. */
export const agentFile = 'profile-agent.cjs'
